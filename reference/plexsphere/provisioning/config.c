#include "reference/plexsphere/provisioning/provisioning.h"

#include <string.h>

#define IMAGE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:@"

/* repository[:tag][@digest], with a tag or a digest: an image without either is whatever was pushed
 * last. */
static bool is_image_reference(const char *text)
{
    const char *slash = strrchr(text, '/');
    const char *name = slash == NULL ? text : slash + 1;
    size_t repository = strcspn(name, ":@");
    return text[strspn(text, IMAGE_CHARACTERS)] == '\0' && repository > 0 &&
           name[repository] != '\0' && name[repository + 1] != '\0' && text[0] != '/';
}

static enum configured read_image(struct arena *a, const struct environment *env, const char **out,
                                  struct error *e)
{
    enum configured set =
        env_mandatory(env_text(a, env, "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE", out, e),
                      "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE", e);
    if (set == CONFIGURED_ON && !is_image_reference(*out)) {
        error_set(e, "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE: must be an image reference "
                     "with a tag or digest (SPEC ENV-035)");
        return CONFIGURED_REFUSED;
    }
    return set;
}

enum configured production_provisioning_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct provisioning_config *out,
                                                        struct error *e)
{
    *out = (struct provisioning_config){ .enrol_base = NULL };
    enum configured base =
        env_mandatory(env_url(a, env, "PLEXSPHERE_PROVISIONING_BROKER_ENROL_BASE_URL",
                              &out->enrol_base, e),
                      "PLEXSPHERE_PROVISIONING_BROKER_ENROL_BASE_URL", e);
    if (base != CONFIGURED_ON)
        return base;
    enum configured download =
        env_mandatory(env_url(a, env, "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_DOWNLOAD_URL",
                              &out->plexd_download, e),
                      "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_DOWNLOAD_URL", e);
    return download == CONFIGURED_ON ? read_image(a, env, &out->plexd_image, e) : download;
}
