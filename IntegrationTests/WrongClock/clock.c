// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CWrongClock.h"

#include <stdlib.h>

#if defined(__linux__) && defined(__GLIBC__)

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift = 0;

void wrong_clock_begin(void) {
    const char *seconds = getenv("WRONG_CLOCK");
    if (seconds != NULL) shift = strtol(seconds, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += shift;
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (result != NULL) *result = now.tv_sec;
    return now.tv_sec;
}

// Who waits until a time of the wrong clock waits for as long as with a right one.
int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until
) {
    struct timespec right = *until;
    right.tv_sec -= shift;
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, &right);
}

#else

void wrong_clock_begin(void) {}

#endif
