/* common/log.h — structured lines on standard error:
 *
 *     time=2026-11-22T04:55:00.123Z level=INFO msg="listening" address=127.0.0.1:8080
 *
 * The message is always quoted, values when they hold a space, a quote, a backslash, an equals
 * sign or a control character, or are empty or no UTF-8; inside quotes \n \t \" \\ and \xNN. A
 * NULL value reads as empty. One line is one write(2); pairs that would lead past 64 KiB are left
 * out and cut=true ends the line. Never pass a secret.
 * Thread-safe. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include "common/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level least);
void log_set_fd(int fd); /* default 2 */

/* Pairs of name and value end with NULL: log_line(LOG_INFO, "listening", "address", text, NULL). */
void log_line(enum log_level level, const char *message, ...) __attribute__((sentinel));

/* The line of the dev stack, with its fixed message and field order and without time=:
 *
 *     level=WARN msg="insecure default active in dev mode" env=dev dependency=NAME prod_delta="…"
 *
 * It is written whatever the level. */
void log_insecure_default(const char *dependency, const char *prod_delta);

#endif
