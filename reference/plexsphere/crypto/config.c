#include "reference/plexsphere/crypto/config.h"

#include <string.h>

#include "common/arena.h"
#include "common/file.h"

/* Known to everyone, so that it can guard nothing: dev mode only, and only when asked for. */
static const unsigned char static_pepper[32] = "insecure-static-pepper-for-dev!!";

static enum configured read_file(struct arena *a, const char *path, struct pepper *out,
                                 struct error *e)
{
    struct bytes content;
    struct error why = { "" };
    if (!file_read(a, path, 4096, &content, &why)) {
        error_set(e, "PLEXSPHERE_PEPPER_FILE: names a file that cannot be read (SPEC ENV-030)");
        return CONFIGURED_REFUSED;
    }
    if (content.len != 32) {
        error_set(e,
                  "PLEXSPHERE_PEPPER_FILE: must name a file of exactly 32 bytes, got %zu "
                  "(SPEC ENV-030)",
                  content.len);
        return CONFIGURED_REFUSED;
    }
    pepper_derive(content.data, out);
    return CONFIGURED_ON;
}

enum configured production_pepper_config_from_env(struct arena *a, const struct environment *env,
                                                  enum app_mode mode, struct pepper *out,
                                                  struct error *e)
{
    const char *path = NULL;
    bool insecure = false;
    enum configured file = env_text(a, env, "PLEXSPHERE_PEPPER_FILE", &path, e);
    enum configured flag = env_flag(a, env, "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER", &insecure, e);
    if (env_and(file, flag) == CONFIGURED_REFUSED)
        return CONFIGURED_REFUSED;
    if (file == CONFIGURED_ON)
        return read_file(a, path, out, e);
    /* Ruling 12: production never falls back to it, whatever the switch says. */
    if (mode != APP_DEV || !insecure)
        return CONFIGURED_OFF;
    pepper_derive(static_pepper, out);
    return CONFIGURED_ON;
}
