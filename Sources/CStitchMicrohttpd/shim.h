// libmicrohttpd's API as Swift can see it: wrappers for what is variadic or made of flags, each with the ownership rule
// beside it.
#ifndef CSTITCH_MICROHTTPD_SHIM_H
#define CSTITCH_MICROHTTPD_SHIM_H

#include <microhttpd.h>

typedef void *(*cstitch_http_opened)(void *context, const char *target, struct MHD_Connection *connection);

// Starts a server with one thread of its own that waits with poll. NULL on failure. Not with epoll, which other systems
// than Linux don't have, and with which 0.9.75 misses that a client left while it sent a body (it waits for an edge that
// has passed). Connections that wait for a handler are not among those that are polled.
// On success `listener` (bound and listening) belongs to the daemon until MHD_quiesce_daemon gives it back; on failure
// it stays the caller's. `context` is borrowed: it must live until MHD_stop_daemon has returned.
static inline struct MHD_Daemon *cstitch_http_start(int listener, unsigned int connections, unsigned int idle_seconds,
                                                    MHD_AccessHandlerCallback access, cstitch_http_opened opened,
                                                    MHD_RequestCompletedCallback closed, void *context) {
    return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, access, context,
                            MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, connections,
                            MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_URI_LOG_CALLBACK, opened, context, MHD_OPTION_NOTIFY_COMPLETED, closed, context,
                            MHD_OPTION_END);
}

// Calls `each` for every field of the request's head, in order; what it is handed is borrowed for the call.
static inline void cstitch_http_fields(struct MHD_Connection *connection, MHD_KeyValueIterator each, void *context) {
    MHD_get_connection_values(connection, MHD_HEADER_KIND, each, context);
}

// Makes a response with a copy of `bytes`; the caller owns it and gives it up with MHD_destroy_response. NULL on failure.
static inline struct MHD_Response *cstitch_http_response(const void *bytes, size_t size) {
    return MHD_create_response_from_buffer(size, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

#endif
