#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

/* An error is one line of whole characters: a cut may have split the last one. */
static void make_one_line(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char lead = (unsigned char)text[len - back];
        if ((lead & 0xc0) == 0x80)
            continue;
        if (lead >= 0xc0 && text_utf8_sequence(text + len - back, back) != back)
            text[len - back] = '\0';
        break;
    }
}

static void store(struct error *e, const char *text)
{
    size_t len = strnlen(text, ERROR_TEXT_CAP - 1);
    memcpy(e->text, text, len);
    e->text[len] = '\0';
    make_one_line(e->text);
}

bool error_set(struct error *e, const char *format, ...)
{
    if (e == NULL)
        return false;
    /* Formatted aside: an argument may be e->text itself. */
    char text[ERROR_TEXT_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    store(e, text);
    return false;
}

bool error_errno(struct error *e, int code, const char *format, ...)
{
    if (e == NULL)
        return false;
    char text[ERROR_TEXT_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    char unknown[32];
    snprintf(unknown, sizeof(unknown), "errno %d", code);
    const char *words = strerrordesc_np(code);
    if (words == NULL)
        words = unknown;
    char first = *words >= 'A' && *words <= 'Z' ? (char)(*words - 'A' + 'a') : *words;
    char whole[ERROR_TEXT_CAP + 128];
    snprintf(whole, sizeof(whole), "%s: %c%s", text, first, words + 1);
    store(e, whole);
    return false;
}

bool error_prefix(struct error *e, const char *format, ...)
{
    if (e == NULL)
        return false;
    char text[ERROR_TEXT_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    char whole[2 * ERROR_TEXT_CAP + 2];
    snprintf(whole, sizeof(whole), "%s: %s", text, e->text);
    store(e, whole);
    return false;
}
