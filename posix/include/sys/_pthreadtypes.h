#pragma once

/* The types of <pthread.h>, in the place of newlib's, which are numbers of 32 bits. An object of
 * zeros is one that is initialized. */

#include <sys/_types.h>
#include <sys/sched.h>

/* A thread of runtime/thread.hpp. */
typedef struct __lodger_thread* pthread_t;

typedef struct {
    __SIZE_TYPE__ stack_size;
    int detach_state;
} pthread_attr_t;

typedef struct {
    void* owner;
    unsigned depth;
    int type;
    void* waiters;
} pthread_mutex_t;

typedef struct {
    int type;
} pthread_mutexattr_t;

typedef struct {
    __clockid_t clock;
    void* waiters;
} pthread_cond_t;

typedef struct {
    __clockid_t clock;
} pthread_condattr_t;

typedef int pthread_once_t;
typedef unsigned pthread_key_t;
