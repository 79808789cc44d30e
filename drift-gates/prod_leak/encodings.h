/* drift-gates/prod_leak/encodings.h — the ways in which a value is written into a text.
 *
 * encoding_apply() writes a value whole, as a program would. encoding_form() is the run of bytes
 * that such a text holds for certain, whatever stands before and after the value: in base64 the
 * first and the last character of a value share bits with their neighbours, so they are no part of
 * it, and there are three forms, one for each alignment. Wrapped base64 has no form: where its
 * lines break is not known (layers.h undoes it). */
#ifndef DRIFT_GATES_ENCODINGS_H
#define DRIFT_GATES_ENCODINGS_H

#include "common/arena.h"
#include "common/base.h"

enum encoding {
    ENCODING_PLAIN,
    ENCODING_BASE64, /* the value begins 0, 1 or 2 bytes behind a group of three */
    ENCODING_BASE64_1,
    ENCODING_BASE64_2,
    ENCODING_BASE64URL,
    ENCODING_BASE64URL_1,
    ENCODING_BASE64URL_2,
    ENCODING_HEX,
    ENCODING_HEX_UPPER,
    ENCODING_PERCENT, /* what RFC 3986 does not reserve stays */
    ENCODING_PERCENT_LOWER,
    ENCODING_PERCENT_ALL, /* every byte */
    ENCODING_PERCENT_ALL_LOWER,
    ENCODING_JSON,         /* what JSON demands, and the slash */
    ENCODING_JSON_U,       /* \u00XX for every character of ASCII */
    ENCODING_JSON_U_UPPER, /* \u00XX with upper-case digits */
    ENCODING_BASE64_WRAPPED,
    ENCODINGS /* how many */
};

const char *encoding_name(enum encoding e); /* "base64", "hex" */

/* Before base64 of an alignment stands as much filler as it takes. */
struct bytes encoding_apply(struct arena *a, enum encoding e, struct bytes value);
/* Empty when there is none, when it equals the plain form, or when the value cannot be written so
 * (JSON of bytes that are no UTF-8). */
struct bytes encoding_form(struct arena *a, enum encoding e, struct bytes value);

#endif
