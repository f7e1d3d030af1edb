// SPDX-License-Identifier: Apache-2.0

// What the thread sanitizer doesn't see by itself, to be loaded before the C library of a program that is built with it.
//
// - librdkafka takes its threads and locks from <threads.h>. The sanitizer knows only those of POSIX: such a thread is none
//   to it, and it dies of its first call. So the functions of C11 are made of those of POSIX here; glibc's types of both
//   kinds have the same contents.
// - A Mutex of Swift that somebody else has is waited for in the kernel, which the sanitizer doesn't see, in Swift's own
//   library, which isn't built for it. So it is told there that one thread comes after the other.
// - A task whose continuation is resumed before it has begun to wait goes on at once, and nothing says that it comes after
//   who resumed it. So it is told whenever a task begins to wait.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "a mutex of C11 has room for one of POSIX");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "a condition of C11 has room for one of POSIX");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t), "a thread of C11 is one of POSIX");

static int result(int error) {
    switch (error) {
    case 0: return thrd_success;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    case ENOMEM: return thrd_nomem;
    default: return thrd_error;
    }
}

struct start {
    thrd_start_t body;
    void *argument;
};

static void *run(void *given) {
    struct start start = *(struct start *)given;
    free(given);
    return (void *)(intptr_t)start.body(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t body, void *argument) {
    // Belongs to the thread, once there is one.
    struct start *start = malloc(sizeof *start);
    if (!start) return thrd_nomem;
    *start = (struct start){body, argument};
    int error = pthread_create((pthread_t *)thread, NULL, run, start);
    if (error) free(start);
    return error == EAGAIN ? thrd_nomem : result(error);
}

int thrd_join(thrd_t thread, int *value) {
    void *returned;
    int error = pthread_join((pthread_t)thread, &returned);
    if (!error && value) *value = (int)(intptr_t)returned;
    return result(error);
}

int thrd_detach(thrd_t thread) { return result(pthread_detach((pthread_t)thread)); }

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result(error);
}

int mtx_lock(mtx_t *mutex) { return result(pthread_mutex_lock((pthread_mutex_t *)mutex)); }
int mtx_trylock(mtx_t *mutex) { return result(pthread_mutex_trylock((pthread_mutex_t *)mutex)); }
int mtx_unlock(mtx_t *mutex) { return result(pthread_mutex_unlock((pthread_mutex_t *)mutex)); }
void mtx_destroy(mtx_t *mutex) { pthread_mutex_destroy((pthread_mutex_t *)mutex); }

int cnd_init(cnd_t *condition) { return result(pthread_cond_init((pthread_cond_t *)condition, NULL)); }
int cnd_signal(cnd_t *condition) { return result(pthread_cond_signal((pthread_cond_t *)condition)); }
int cnd_broadcast(cnd_t *condition) { return result(pthread_cond_broadcast((pthread_cond_t *)condition)); }
void cnd_destroy(cnd_t *condition) { pthread_cond_destroy((pthread_cond_t *)condition); }

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return result(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until) {
    return result(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

void call_once(once_flag *flag, void (*body)(void)) { pthread_once((pthread_once_t *)flag, body); }

// MARK: Swift's Mutex

// Only in a program that is built with the sanitizer.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define MUTEX "$s15Synchronization12_MutexHandleV"
#define LOCK MUTEX "9_lockSlowyys6UInt32VF"
#define TRY_LOCK MUTEX "12_tryLockSlowSbyF"
#define UNLOCK MUTEX "11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

typedef SWIFT void (*lock_function)(uint32_t, SELF);
typedef SWIFT bool (*try_lock_function)(SELF);
typedef SWIFT void (*unlock_function)(SELF);

SWIFT void lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_lock(SELF) __asm__(TRY_LOCK);
SWIFT void unlock(SELF) __asm__(UNLOCK);

SWIFT void lock(uint32_t thread, SELF) {
    ((lock_function)dlsym(RTLD_NEXT, LOCK))(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool try_lock(SELF) {
    bool is_locked = ((try_lock_function)dlsym(RTLD_NEXT, TRY_LOCK))(self);
    if (is_locked && __tsan_acquire) __tsan_acquire(self);
    return is_locked;
}

SWIFT void unlock(SELF) {
    if (__tsan_release) __tsan_release(self);
    ((unlock_function)dlsym(RTLD_NEXT, UNLOCK))(self);
}

// MARK: Swift's continuations

#define ASYNC __attribute__((swiftasynccall))

typedef ASYNC void (*await_function)(void *);

extern SWIFT void *swift_task_getCurrent(void) __attribute__((weak));
ASYNC void swift_continuation_await(void *context);

ASYNC void swift_continuation_await(void *context) {
    // Looked up once, or by a few at once.
    static await_function found;
    await_function await = __atomic_load_n(&found, __ATOMIC_RELAXED);
    if (!await) {
        await = (await_function)dlsym(RTLD_NEXT, "swift_continuation_await");
        __atomic_store_n(&found, await, __ATOMIC_RELAXED);
    }
    // Whoever resumes has released the task.
    if (__tsan_acquire && swift_task_getCurrent) __tsan_acquire(swift_task_getCurrent());
    __attribute__((musttail)) return await(context);
}
