// SPDX-License-Identifier: Apache-2.0

// What Swift can't say by itself, or not without a cost at each use: thread-local state, forks, the processor that a thread
// runs on, and a lock that is fair to threads rather than to priorities.

#ifndef STITCH_PLATFORM_H
#define STITCH_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// So short that a call would take longer.
#define STITCH_INLINE static inline __attribute__((always_inline))

/// The state of one thread's random number generator. It lives as long as the thread, which alone may touch it.
typedef struct {
    uint64_t words[4];
    /// The fork epoch in which it was seeded; 0 before it ever was.
    uint32_t epoch;
} stitch_random_state;

// What the functions below read at once where they are called; of no use to others.
extern _Thread_local stitch_random_state stitch_own_random_state;
extern _Thread_local uint32_t stitch_own_number;
extern uint32_t stitch_current_fork_epoch;
uint32_t stitch_take_number(void);

/// This thread's state. The pointer must not be given to another thread, nor kept across a suspension.
STITCH_INLINE stitch_random_state *stitch_thread_random_state(void) { return &stitch_own_random_state; }

/// How often this process has come out of a fork, from 1: what was seeded in another epoch is shared with the parent.
STITCH_INLINE uint32_t stitch_fork_epoch(void) { return __atomic_load_n(&stitch_current_fork_epoch, __ATOMIC_RELAXED); }

/// A number of the calling thread, from 0: threads that start after one another have numbers after one another.
STITCH_INLINE uint32_t stitch_thread_number(void) {
    // One more than the number, so that 0 says that there is none yet.
    uint32_t number = stitch_own_number;
    return __builtin_expect(number == 0, 0) ? stitch_take_number() : number - 1;
}

/// Says that memory will be written soon, so that it is taken away from other processors meanwhile. Any address will do.
STITCH_INLINE void stitch_expect_writes(const void *memory, size_t byte_count) {
    for (size_t offset = 0; offset < byte_count; offset += 64) {
        const char *line = (const char *)memory + offset;
#if defined(__x86_64__)
        // The builtin asks for a line to read, unless told of a processor that not everybody has.
        __asm__ volatile("prefetchw %0" : : "m"(*line));
#else
        __builtin_prefetch(line, 1, 3);
#endif
    }
}

/// Says that memory will be read soon, so that it is fetched meanwhile. Any address will do.
STITCH_INLINE void stitch_expect_reads(const void *memory, size_t byte_count) {
    for (size_t offset = 0; offset < byte_count; offset += 64) __builtin_prefetch((const char *)memory + offset, 0, 3);
}

/// How many bytes a recycled buffer has: a span of ordinary size, and small enough for any allocator's quick lists.
#define STITCH_BUFFER_SIZE 1024

/// A buffer of STITCH_BUFFER_SIZE bytes, aligned for anything, that this thread gave back before, or else a new one. Its
/// contents are whatever they were. The caller owns it. NULL when there is no memory.
void *stitch_take_buffer(void);

/// Gives back a buffer of stitch_take_buffer, of this thread or of another; the caller owns it no longer. Each thread keeps
/// at most 16 of them, until it ends.
void stitch_give_buffer(void *buffer);

#endif
