#include "reference/plexd/token.h"

#include <string.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/uuid.h"

#define TOKEN_CAP 512
#define FILE_CAP 65536

static bool accept_token(struct arena *a, const char *text, const char *file, struct token *out)
{
    if (text_blank(text))
        return false;
    *out = (struct token){ .text = text_trim(a, text), .file = file };
    return true;
}

/* False with an error set: the file is there and cannot be read. */
static bool from_file(struct arena *a, const char *path, struct token *out, struct error *e)
{
    struct bytes text;
    if (text_blank(path) || !path_exists(path))
        return false;
    if (!file_read(a, path, FILE_CAP, &text, e))
        return error_prefix(e, "bootstrap token");
    bool found = accept_token(a, (const char *)text.data, path, out);
    mem_wipe((void *)(uintptr_t)text.data, text.len);
    return found;
}

static bool well_formed(const struct token *t, struct error *e)
{
    size_t len = strlen(t->text);
    if (len > TOKEN_CAP)
        return error_set(e, "the bootstrap token has %zu bytes, at most %d are allowed", len,
                         TOKEN_CAP);
    for (size_t i = 0; i < len; i++)
        if (t->text[i] < 0x20 || t->text[i] > 0x7E)
            return error_set(e, "the bootstrap token has a byte that is no printable ASCII");
    return true;
}

bool token_resolve(struct arena *a, const struct plexd_config *c, const struct environment *env,
                   struct token *out, struct error *e)
{
    struct error broken = { .text = "" };
    bool found = accept_token(a, c->token_value, NULL, out);
    if (!found) {
        found = from_file(a, c->token_file, out, &broken);
        if (broken.text[0] != '\0')
            return error_set(e, "%s", broken.text);
    }
    found = found || accept_token(a, environment_get(env, c->token_env), NULL, out);
    if (!found)
        return error_set(e,
                         "no bootstrap token: registration.token_value is empty, %s is not "
                         "there or blank, %s is not set",
                         c->token_file, c->token_env);
    return well_formed(out, e);
}

void token_wipe(struct token *t)
{
    if (t->text != NULL)
        mem_wipe(t->text, strlen(t->text));
}

/* psb_<env>_<project>_<kind>_<random>, project being base32 of the UUID's 16 bytes. */
const char *token_project(struct arena *a, const char *token)
{
    size_t n;
    char **parts = text_split(a, token, '_', &n);
    const char *project = NULL;
    struct bytes raw;
    if (n == 5 && text_equal(parts[0], "psb") && strlen(parts[2]) == 26 &&
        base32_decode(a, parts[2], 26, &raw) && raw.len == 16) {
        struct uuid id;
        memcpy(id.b, raw.data, 16);
        project = uuid_text(a, &id);
    }
    for (size_t i = 0; i < n; i++)
        mem_wipe(parts[i], strlen(parts[i]));
    return project;
}
