/* common/number.h — strict numbers: the whole text, no spaces, no plus sign, no leading zeros but
 * "0", no "-0", no overflow. NULL is no number; *out is untouched when the answer is false. */
#ifndef COMMON_NUMBER_H
#define COMMON_NUMBER_H

#include "common/base.h"

MUST_CHECK bool number_parse(const char *text, int64_t min, int64_t max, int64_t *out);
/* A finite decimal, as JSON writes it. */
MUST_CHECK bool number_parse_real(const char *text, double *out);

#endif
