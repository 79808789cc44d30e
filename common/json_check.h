/* common/json_check.h — is this one JSON value? Judged by the grammar alone, without building it.
 *
 * json_parse() refuses more than RFC 8259 does (duplicate names, numbers beyond a double, \u0000)
 * and builds a tree of many times the text's size. What is only handed on, byte by byte, is asked
 * about here. Then the functions of json_slice.h may walk it. */
#ifndef COMMON_JSON_CHECK_H
#define COMMON_JSON_CHECK_H

#include "common/base.h"

/* One value, white space around it, UTF-8, at most 64 levels; allocates nothing. */
bool json_check(struct bytes text);

#endif
