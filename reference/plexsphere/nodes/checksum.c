#include "reference/plexsphere/nodes/checksum.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"

#define BASE64_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

bool checksum_of_base64(struct arena *a, const char *text, unsigned char out[CHECKSUM_LEN])
{
    struct bytes raw;
    if (strlen(text) != 44 || !base64_decode(a, BASE64_STANDARD, text, 44, &raw) ||
        raw.len != CHECKSUM_LEN)
        return false;
    memcpy(out, raw.data, CHECKSUM_LEN);
    return true;
}

bool host_key_fingerprint_is(const char *text)
{
    static const char prefix[] = "SHA256:";
    if (!text_starts(text, prefix))
        return false;
    const char *body = text + sizeof prefix - 1;
    size_t digits = strspn(body, BASE64_ALPHABET);
    size_t padding = strspn(body + digits, "=");
    return digits > 0 && padding <= 2 && body[digits + padding] == '\0';
}
