// libcurl's API as Swift can see it: wrappers for what is variadic or a union, each with the ownership rule beside it.
#ifndef CSTITCH_CURL_SHIM_H
#define CSTITCH_CURL_SHIM_H

#include <curl/curl.h>

// For options that take text; libcurl copies it.
static inline CURLcode cstitch_curl_set_text(CURL *easy, CURLoption option, const char *text) {
    return curl_easy_setopt(easy, option, text);
}

// Trusts the certificates of a file and no others: not those of the system's folder either, which libcurl would look
// through beside it. libcurl copies the path.
static inline CURLcode cstitch_curl_trust_only(CURL *easy, const char *path) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_CAINFO, path);
    // Without OpenSSL or GnuTLS there may be no such folder, nor the option.
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_CAPATH, (const char *)NULL);
    return code == CURLE_NOT_BUILT_IN || code == CURLE_UNKNOWN_OPTION ? CURLE_OK : code;
}

static inline CURLcode cstitch_curl_set_number(CURL *easy, CURLoption option, long number) {
    return curl_easy_setopt(easy, option, number);
}

// Fields of the request's head. `fields` is borrowed until the handle's end.
static inline CURLcode cstitch_curl_set_fields(CURL *easy, struct curl_slist *fields) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
}

// Makes the request a POST of `bytes`, which are borrowed until the transfer's end.
static inline CURLcode cstitch_curl_set_body(CURL *easy, const void *bytes, size_t size) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, (const char *)bytes);
    return code;
}

// Who takes the answer's fields and its body. `context` is borrowed until the handle's end.
static inline CURLcode cstitch_curl_set_receivers(CURL *easy, curl_write_callback field, curl_write_callback body,
                                                  void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, field);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    return code;
}

// Where the reason of a failure is written: CURL_ERROR_SIZE bytes, borrowed until the handle's end.
static inline CURLcode cstitch_curl_set_error_buffer(CURL *easy, char *buffer) {
    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, buffer);
}

// Refuses every protocol but HTTP and HTTPS.
static inline CURLcode cstitch_curl_allow_only_http(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

// The status of the answer, 0 before one has come.
static inline long cstitch_curl_status(CURL *easy) {
    long status = 0;
    return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

// How the transfer of `easy` ended; CURLE_AGAIN if it hasn't. Messages are libcurl's own and borrowed.
static inline CURLcode cstitch_curl_result(CURLM *multi, CURL *easy) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE && message->easy_handle == easy) return message->data.result;
    }
    return CURLE_AGAIN;
}

#endif
