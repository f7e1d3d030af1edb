// libpq's API as Swift can see it, and what waits for its sockets.
#ifndef CSTITCH_LIBPQ_SHIM_H
#define CSTITCH_LIBPQ_SHIM_H

#include <libpq-fe.h>

#ifdef __linux__
#include <sys/epoll.h> // Neither is in Swift's Glibc module.
#include <sys/eventfd.h>
#endif

#endif
