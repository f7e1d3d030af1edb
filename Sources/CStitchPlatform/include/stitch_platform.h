// SPDX-License-Identifier: Apache-2.0

// What Swift can't say by itself, or not without a cost at each use: thread-local state, forks, the processor that a thread
// runs on, and a lock that is fair to threads rather than to priorities.

#ifndef STITCH_PLATFORM_H
#define STITCH_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The state of one thread's random number generator. It lives as long as the thread, which alone may touch it.
typedef struct {
    uint64_t words[4];
    /// The fork epoch in which it was seeded; 0 before it ever was.
    uint32_t epoch;
} stitch_random_state;

/// This thread's state. The pointer must not be given to another thread, nor kept across a suspension.
stitch_random_state *stitch_thread_random_state(void);

/// How often this process has come out of a fork, from 1: what was seeded in another epoch is shared with the parent.
uint32_t stitch_fork_epoch(void);

/// A number of the calling thread, from 0: threads that start after one another have numbers after one another.
uint32_t stitch_thread_number(void);

/// How many bytes a recycled buffer has: a span of ordinary size, and small enough for any allocator's quick lists.
#define STITCH_BUFFER_SIZE 1024

/// A buffer of STITCH_BUFFER_SIZE bytes, aligned for anything, that this thread gave back before, or else a new one. Its
/// contents are whatever they were. The caller owns it. NULL when there is no memory.
void *stitch_take_buffer(void);

/// Gives back a buffer of stitch_take_buffer, of this thread or of another; the caller owns it no longer. Each thread keeps
/// at most 16 of them, until it ends.
void stitch_give_buffer(void *buffer);

/// Fetches the lines of a processor's cache that are about to be written, `count` bytes from `start`, and takes them from
/// the processor that had them last. Reads and writes nothing, so that the address may be any.
static inline void stitch_prepare_to_write(const void *start, size_t count) {
    for (size_t offset = 0; offset < count; offset += 64) {
#if defined(__x86_64__)
        // Spelled out: the compiler fetches for reading only, unless it is told which processor it compiles for.
        __asm__ volatile("prefetchw %0" : : "m"(*((const char *)start + offset)));
#else
        __builtin_prefetch((const char *)start + offset, 1, 3);
#endif
    }
}

#endif
