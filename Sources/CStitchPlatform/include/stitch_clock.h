// SPDX-License-Identifier: Apache-2.0

// A clock that never goes back, at half the price of asking the system for it: the processor's counter, read along a
// line that is drawn anew through CLOCK_MONOTONIC at least once a second while anybody asks. See docs/decisions/0016.

#ifndef STITCH_CLOCK_H
#define STITCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#if defined(__x86_64__) && defined(__linux__)
#define STITCH_HAS_COUNTER 1
#else
#define STITCH_HAS_COUNTER 0
#endif

/// A reading of the counter and of CLOCK_MONOTONIC at one moment.
typedef struct {
    uint64_t ticks;
    uint64_t nanoseconds;
} stitch_clock_reading;

/// How to tell the time from the counter for a while.
typedef struct {
    /// Where the line begins.
    stitch_clock_reading start;
    /// Nanoseconds per 2^32 ticks.
    uint64_t slope;
    /// For how many ticks the line is good. 0: the counter isn't used, and time is CLOCK_MONOTONIC and
    /// `start.nanoseconds` more.
    uint64_t length;
    /// The slope that was found; `slope` is less where time was ahead.
    uint64_t rate;
    /// For how many ticks the system is asked before there is another line, where `length` is 0.
    uint64_t wait;
} stitch_clock_line;

/// The line that follows `line`, through the reading that `line` was drawn with and one of now. Time goes on where
/// `line` leaves off, or jumps forward; it never goes back. A counter whose rate changes by more than a thousandth
/// part, or that goes back, is used no longer.
stitch_clock_line stitch_next_clock_line(stitch_clock_line line, stitch_clock_reading then, stitch_clock_reading now);

/// The time on a line that uses the counter, at or after its start.
static inline __attribute__((always_inline)) uint64_t stitch_time_on_line(stitch_clock_line line, uint64_t ticks) {
    return line.start.nanoseconds + (uint64_t)(((unsigned __int128)(ticks - line.start.ticks) * line.slope) >> 32);
}

/// Nanoseconds of CLOCK_MONOTONIC, from the system.
static inline __attribute__((always_inline)) uint64_t stitch_system_time(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/// Draws a line where there is none that is good, and tells the time.
uint64_t stitch_time_by_new_line(void);

#if STITCH_HAS_COUNTER
// Two lines, of which the version tells the one that is good; the other is where the next one is written. Of no use to
// others.
extern struct stitch_clock_lines {
    uint64_t version;
    stitch_clock_line lines[2];
} stitch_clock_lines;

/// The line of a version, but for `rate` and `wait`. Only if the version is the same afterwards is it one line and not
/// parts of two.
static inline __attribute__((always_inline)) stitch_clock_line stitch_line_of_version(uint64_t version) {
    const stitch_clock_line *line = &stitch_clock_lines.lines[version & 1];
    stitch_clock_line copy;
    copy.start.ticks = __atomic_load_n(&line->start.ticks, __ATOMIC_RELAXED);
    copy.start.nanoseconds = __atomic_load_n(&line->start.nanoseconds, __ATOMIC_RELAXED);
    copy.slope = __atomic_load_n(&line->slope, __ATOMIC_RELAXED);
    copy.length = __atomic_load_n(&line->length, __ATOMIC_RELAXED);
    copy.rate = copy.wait = 0;
    return copy;
}

static inline __attribute__((always_inline)) uint64_t stitch_line_version(void) {
    return __atomic_load_n(&stitch_clock_lines.version, __ATOMIC_ACQUIRE);
}
#endif

/// Nanoseconds of a clock that never goes back, since some moment that is the same for all threads: CLOCK_MONOTONIC to
/// within a few microseconds.
static inline __attribute__((always_inline)) uint64_t stitch_monotonic_time(void) {
#if STITCH_HAS_COUNTER
    uint64_t version = stitch_line_version();
    stitch_clock_line line = stitch_line_of_version(version);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    uint64_t ticks = __builtin_ia32_rdtsc();
    if (__builtin_expect(ticks - line.start.ticks < line.length && stitch_line_version() == version, 1))
        return stitch_time_on_line(line, ticks);
    return stitch_time_by_new_line();
#else
    return stitch_system_time();
#endif
}

#endif
