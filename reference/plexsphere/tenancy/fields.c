#include "reference/plexsphere/tenancy/fields.h"

#include "common/arena.h"
#include "common/text.h"

enum {
    NAME_MAX_LENGTH = 255,
    SLUG_MAX = 64,
    DESCRIPTION_MAX = 1024,
    REGION_MAX = 64,
    CIDR_MAX = 49
};

static bool refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return false;
}

bool field_name(struct arena *a, const char *text, const char **trimmed, const char **why)
{
    *trimmed = text_trim(a, text);
    if (text_blank(*trimmed))
        return refuse(why, "name must hold more than white space.");
    if (text_utf8_length(*trimmed) > NAME_MAX_LENGTH)
        return refuse(why, "name must be at most 255 characters.");
    return true;
}

bool field_slug(const char *text, const char **why)
{
    if (!text_is_kebab(text, SLUG_MAX))
        return refuse(why,
                      "slug must be lower-case words joined by single dashes, 1 to 64 characters.");
    return true;
}

bool field_description(const char *text, const char **why)
{
    if (*text && text_blank(text))
        return refuse(why, "description must hold more than white space.");
    if (text_utf8_length(text) > DESCRIPTION_MAX)
        return refuse(why, "description must be at most 1024 characters.");
    return true;
}

bool field_region(const char *text, const char **why)
{
    if (*text && !text_is_kebab(text, REGION_MAX))
        return refuse(
            why, "region must be lower-case words joined by single dashes, at most 64 characters.");
    return true;
}

bool field_cidr(struct arena *a, const char *member, const char *text, struct cidr *out,
                const char **canonical, const char **why)
{
    if (text_utf8_length(text) > CIDR_MAX || !cidr_parse(text, out))
        return refuse(why,
                      arena_printf(a,
                                   "%s must be an IPv4 or IPv6 range with its host bits zero, such "
                                   "as 10.42.0.0/16.",
                                   member));
    char written[CIDR_TEXT_CAP];
    cidr_format(out, written);
    *canonical = arena_strdup(a, written);
    return true;
}
