// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "stitch_clock.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { nanoseconds_per_second = 1000000000 };

// The system is asked from now on, and time goes on from what was told last.
static stitch_clock_line line_by_system(uint64_t told, uint64_t nanoseconds) {
    int64_t ahead = (int64_t)(told - nanoseconds);
    return (stitch_clock_line){{0, ahead > 0 ? (uint64_t)ahead : 0}, .wait = UINT64_MAX};
}

stitch_clock_line stitch_next_clock_line(stitch_clock_line line, stitch_clock_reading then, stitch_clock_reading now) {
    bool is_first = line.length == 0;
    uint64_t ticks = now.ticks - then.ticks;
    uint64_t nanoseconds = now.nanoseconds - then.nanoseconds;
    if ((int64_t)ticks <= 0 || (int64_t)nanoseconds <= 0) {
        uint64_t last_told = is_first ? 0 : stitch_time_on_line(line, line.start.ticks + line.length);
        return line_by_system(last_told, now.nanoseconds);
    }
    uint64_t told = is_first ? now.nanoseconds : stitch_time_on_line(line, now.ticks);
    unsigned __int128 rate = ((unsigned __int128)nanoseconds << 32) / ticks;
    uint64_t difference = (uint64_t)rate > line.rate ? (uint64_t)rate - line.rate : line.rate - (uint64_t)rate;
    if (rate == 0 || rate >> 44 != 0 || (!is_first && difference > line.rate / 1000))
        return line_by_system(told, now.nanoseconds);

    uint64_t second = (uint64_t)(((unsigned __int128)nanoseconds_per_second << 32) / rate);
    uint64_t length = ticks < second / 2 ? 2 * ticks : second;
    stitch_clock_line next = {now, .slope = (uint64_t)rate, .length = length, .rate = (uint64_t)rate};
    int64_t ahead = (int64_t)(told - now.nanoseconds);
    if (ahead > 0) {
        // Slower for as long as the line is good, by a tenth at most: then it is right again.
        unsigned __int128 excess = ((unsigned __int128)ahead << 32) / length;
        uint64_t most = next.slope / 10;
        next.slope -= excess < most ? (uint64_t)excess : most;
        next.start.nanoseconds = told;
    }
    return next;
}

#if STITCH_HAS_COUNTER

struct stitch_clock_lines stitch_clock_lines;

// Whoever holds this draws the next line, through this reading and one more. A child that was forked meanwhile never
// gets it back, and asks the system instead.
static bool is_drawing;
static stitch_clock_reading last;

// Whether the system itself tells the time by the counter: then it runs evenly, and alike on all processors.
static bool is_counter_trusted(void) {
    int file = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char name[8] = {0};
    ssize_t count = read(file, name, sizeof name - 1);
    (void)close(file);
    return count > 0 && strcmp(name, "tsc\n") == 0;
}

// The counter first: time told from this reading is late by no time at all, and early by what the system takes to tell
// it.
static stitch_clock_reading read_both(void) {
    stitch_clock_reading best = {0, 0};
    uint64_t least = UINT64_MAX;
    // Again if the thread was held up in between.
    for (int attempt = 0; attempt < 16 && least > 1000; attempt++) {
        uint64_t before = __builtin_ia32_rdtsc();
        uint64_t nanoseconds = stitch_system_time();
        uint64_t took = __builtin_ia32_rdtsc() - before;
        if (took >= least) continue;
        least = took;
        best = (stitch_clock_reading){before, nanoseconds};
    }
    return best;
}

static void publish(stitch_clock_line line, uint64_t version) {
    stitch_clock_line *place = &stitch_clock_lines.lines[version & 1];
    // Not before the version that doesn't lie here.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&place->start.ticks, line.start.ticks, __ATOMIC_RELAXED);
    __atomic_store_n(&place->start.nanoseconds, line.start.nanoseconds, __ATOMIC_RELAXED);
    __atomic_store_n(&place->slope, line.slope, __ATOMIC_RELAXED);
    __atomic_store_n(&place->length, line.length, __ATOMIC_RELAXED);
    __atomic_store_n(&place->rate, line.rate, __ATOMIC_RELAXED);
    __atomic_store_n(&place->wait, line.wait, __ATOMIC_RELAXED);
    __atomic_store_n(&stitch_clock_lines.version, version, __ATOMIC_RELEASE);
}

static void draw_line(uint64_t version) {
    stitch_clock_reading now = read_both();
    if (version == 0) {
        // For some 10 ms the system is asked; the line through both ends of that is right to a few millionths.
        stitch_clock_line wait = {{now.ticks, 0}, .wait = 1 << 25};
        publish(is_counter_trusted() ? wait : line_by_system(0, 0), 1);
    } else {
        publish(stitch_next_clock_line(stitch_clock_lines.lines[version & 1], last, now), version + 1);
    }
    last = now;
}

uint64_t stitch_time_by_new_line(void) {
    while (true) {
        uint64_t version = stitch_line_version();
        stitch_clock_line line = stitch_line_of_version(version);
        uint64_t wait = __atomic_load_n(&stitch_clock_lines.lines[version & 1].wait, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (stitch_line_version() != version) continue;

        bool is_by_system = line.length == 0;
        uint64_t elapsed = __builtin_ia32_rdtsc() - line.start.ticks;
        // Another processor's counter, or this one's read too early: by less than a microsecond.
        if (elapsed > UINT64_MAX - 4096) elapsed = 0;
        bool is_over = elapsed >= (is_by_system ? wait : line.length);
        if (is_over && !__atomic_test_and_set(&is_drawing, __ATOMIC_ACQUIRE)) {
            if (stitch_line_version() == version) draw_line(version);
            __atomic_clear(&is_drawing, __ATOMIC_RELEASE);
            continue;
        }
        if (is_by_system) return stitch_system_time() + line.start.nanoseconds;
        // A line that another thread is about to replace is good for a little longer.
        if (elapsed / 4 > line.length) return stitch_system_time();
        return stitch_time_on_line(line, line.start.ticks + elapsed);
    }
}

#else

uint64_t stitch_time_by_new_line(void) { return stitch_system_time(); }

#endif
