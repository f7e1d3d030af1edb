// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "stitch_platform.h"

#include <pthread.h>
#include <stdatomic.h>

static _Thread_local stitch_random_state random_state;
static atomic_uint fork_epoch = 1;

static void count_fork(void) { atomic_fetch_add_explicit(&fork_epoch, 1, memory_order_relaxed); }

// Before anything of the program runs, so that no fork goes unnoticed.
__attribute__((constructor)) static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, count_fork); }

stitch_random_state *stitch_thread_random_state(void) { return &random_state; }

uint32_t stitch_fork_epoch(void) { return atomic_load_explicit(&fork_epoch, memory_order_relaxed); }

uint32_t stitch_thread_number(void) {
    static atomic_uint thread_count;
    static _Thread_local uint32_t number;
    // One more than the number, so that 0 says that there is none yet.
    if (number == 0) number = atomic_fetch_add_explicit(&thread_count, 1, memory_order_relaxed) + 1;
    return number - 1;
}
