// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "stitch_platform.h"

#include <pthread.h>
#include <stdatomic.h>

_Thread_local stitch_random_state stitch_own_random_state;
_Thread_local uint32_t stitch_own_number;
uint32_t stitch_current_fork_epoch = 1;

static void count_fork(void) { __atomic_fetch_add(&stitch_current_fork_epoch, 1, __ATOMIC_RELAXED); }

// Before anything of the program runs, so that no fork goes unnoticed.
__attribute__((constructor)) static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, count_fork); }

uint32_t stitch_take_number(void) {
    static atomic_uint thread_count;
    uint32_t number = atomic_fetch_add_explicit(&thread_count, 1, memory_order_relaxed);
    stitch_own_number = number + 1;
    return number;
}
