#include "reference/plexsphere/authz/verdict.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/plexsphere/authz/model.h"

const char *decision_text(enum decision d)
{
    switch (d) {
    case DECISION_GRANTED: return "granted";
    case DECISION_OUT_OF_SCOPE: return "out_of_scope";
    case DECISION_INSUFFICIENT_RELATION: return "insufficient_relation";
    case DECISION_CAVEAT_VIOLATION: return "caveat_violation";
    case DECISION_UNAVAILABLE: return "unknown";
    }
    return "unknown";
}

/* What this one binding would decide if it stood alone. */
static enum decision binding_decides(const char *object_type, const char *permission,
                                     const struct binding *b)
{
    if (!model_bears(object_type, b->role_type, b->role))
        return DECISION_OUT_OF_SCOPE;
    if (!model_derives(object_type, permission, b->role_type, b->role))
        return DECISION_INSUFFICIENT_RELATION;
    /* REL-015: a caveat without its context is false; nothing is granted that was not proven. */
    return b->caveated ? DECISION_CAVEAT_VIOLATION : DECISION_GRANTED;
}

/* REL-014: a grant beats all, a caveat tells more than a missing derivation, that more than
 * nothing. */
static int rank(enum decision d)
{
    switch (d) {
    case DECISION_GRANTED: return 3;
    case DECISION_CAVEAT_VIOLATION: return 2;
    case DECISION_INSUFFICIENT_RELATION: return 1;
    case DECISION_OUT_OF_SCOPE:
    case DECISION_UNAVAILABLE: return 0;
    }
    return 0;
}

enum decision verdict_decide(const char *object_type, const char *permission,
                             const struct binding *bindings, size_t n)
{
    enum decision best = DECISION_OUT_OF_SCOPE;
    for (size_t i = 0; i < n; i++) {
        enum decision d = binding_decides(object_type, permission, &bindings[i]);
        if (rank(d) > rank(best))
            best = d;
    }
    return best;
}

static void path_of_binding(struct arena *a, json_t *path, const struct binding *b)
{
    /* REL-017: the platform is one object; its id is the word itself. */
    const char *id = text_equal(b->role_type, "platform") ? "platform" : b->role_id;
    json_array_append_new(path,
                          json_string(arena_printf(a, "%s:%s#%s", b->role_type, id, b->role)));
    if (text_blank(b->links))
        return;
    size_t n = 0;
    char **links = text_split(a, b->links, ' ', &n);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(path, json_string(links[i]));
}

json_t *verdict_path(struct arena *a, const char *object_type, const char *permission,
                     enum decision decision, const struct binding *bindings, size_t n)
{
    json_t *path = json_own(a, json_array());
    if (decision == DECISION_OUT_OF_SCOPE || decision == DECISION_UNAVAILABLE)
        return path;
    for (size_t i = 0; i < n; i++)
        if (binding_decides(object_type, permission, &bindings[i]) == decision) {
            path_of_binding(a, path, &bindings[i]);
            break;
        }
    return path;
}
