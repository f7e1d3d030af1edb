// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "stitch_platform.h"

#include <pthread.h>
#include <stdlib.h>

enum { maximum_kept = 16 };

// What this thread has given back. Only the thread itself touches it.
static _Thread_local struct {
    void *buffers[maximum_kept];
    unsigned count;
    bool is_watched;
} kept;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

// Runs as the thread ends; other destructors may still give buffers back after it, which are freed at once then.
static void free_kept(void *unused) {
    (void)unused;
    while (kept.count > 0) free(kept.buffers[--kept.count]);
    kept.is_watched = false;
}

static void make_key(void) { has_key = pthread_key_create(&key, free_kept) == 0; }

// Buffers are kept only where somebody frees them in the end.
static bool watch_thread(void) {
    if (kept.is_watched) return true;
    (void)pthread_once(&once, make_key);
    kept.is_watched = has_key && pthread_setspecific(key, &kept) == 0;
    return kept.is_watched;
}

void *stitch_take_buffer(void) {
    if (kept.count > 0) return kept.buffers[--kept.count];
    return malloc(STITCH_BUFFER_SIZE);
}

void stitch_give_buffer(void *buffer) {
    if (kept.count < maximum_kept && watch_thread()) {
        kept.buffers[kept.count++] = buffer;
    } else {
        free(buffer);
    }
}
