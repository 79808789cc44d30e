#include "reference/plexd/diff.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static void add(struct diff *d, enum category category, const char *type, const char *detail)
{
    d->changed |= category;
    d->corrections[d->n++] = (struct correction){ .type = type, .detail = detail };
}

static bool same_text(const char *a, const char *b)
{
    return text_equal(a != NULL ? a : "", b != NULL ? b : "");
}

/* ---- peers ---- */

static const struct peer *find_peer(const struct desired *d, const char *id)
{
    for (size_t i = 0; i < d->n_peers; i++)
        if (text_equal(d->peers[i].id, id))
            return &d->peers[i];
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted(struct arena *a, const char **texts, size_t n)
{
    const char **copy = arena_alloc_array(a, n, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = texts[i];
    if (n > 0)
        qsort(copy, n, sizeof *copy, by_text);
    return copy;
}

/* The order of allowed_ips says nothing. */
static bool same_ips(struct arena *a, const struct peer *x, const struct peer *y)
{
    if (x->n_allowed_ips != y->n_allowed_ips)
        return false;
    const char **left = sorted(a, x->allowed_ips, x->n_allowed_ips);
    const char **right = sorted(a, y->allowed_ips, y->n_allowed_ips);
    for (size_t i = 0; i < x->n_allowed_ips; i++)
        if (!text_equal(left[i], right[i]))
            return false;
    return true;
}

static bool same_peer(struct arena *a, const struct peer *x, const struct peer *y)
{
    return text_equal(x->public_key, y->public_key) && text_equal(x->mesh_ip, y->mesh_ip) &&
           text_equal(x->endpoint, y->endpoint) && text_equal(x->psk, y->psk) && same_ips(a, x, y);
}

static void peer_line(struct arena *a, struct diff *d, const char *type, const struct peer *p)
{
    add(d, CHANGED_PEERS, type, arena_printf(a, "peer %s", p->id));
}

static void diff_peers(struct arena *a, struct diff *d, const struct desired *before,
                       const struct desired *now)
{
    for (size_t i = 0; i < now->n_peers; i++)
        if (find_peer(before, now->peers[i].id) == NULL)
            peer_line(a, d, "peer_added", &now->peers[i]);
    for (size_t i = 0; i < before->n_peers; i++)
        if (find_peer(now, before->peers[i].id) == NULL)
            peer_line(a, d, "peer_removed", &before->peers[i]);
    for (size_t i = 0; i < now->n_peers; i++) {
        const struct peer *old = find_peer(before, now->peers[i].id);
        if (old != NULL && !same_peer(a, old, &now->peers[i]))
            peer_line(a, d, "peer_updated", &now->peers[i]);
    }
}

/* ---- policies ---- */

static const char *find_print(const struct desired *d, const char *id)
{
    for (size_t i = 0; i < d->n_policies; i++)
        if (text_equal(d->policy_ids[i], id))
            return d->policy_prints[i];
    return NULL;
}

static void policy_line(struct arena *a, struct diff *d, const char *type, const char *id)
{
    add(d, CHANGED_POLICIES, type, arena_printf(a, "policy %s", id));
}

static void diff_policies(struct arena *a, struct diff *d, const struct desired *before,
                          const struct desired *now)
{
    for (size_t i = 0; i < now->n_policies; i++)
        if (find_print(before, now->policy_ids[i]) == NULL)
            policy_line(a, d, "policy_added", now->policy_ids[i]);
    for (size_t i = 0; i < before->n_policies; i++)
        if (find_print(now, before->policy_ids[i]) == NULL)
            policy_line(a, d, "policy_removed", before->policy_ids[i]);
    for (size_t i = 0; i < now->n_policies; i++) {
        const char *old = find_print(before, now->policy_ids[i]);
        if (old != NULL && !text_equal(old, now->policy_prints[i]))
            policy_line(a, d, "policy_updated", now->policy_ids[i]);
    }
}

/* ---- the rest ---- */

static bool same_signing(const struct signing_keys *x, const struct signing_keys *y)
{
    return x->present == y->present && same_text(x->current, y->current) &&
           same_text(x->previous, y->previous) && same_text(x->current_id, y->current_id) &&
           x->transition_expires == y->transition_expires;
}

static bool same_metadata(const json_t *x, const json_t *y)
{
    return json_object_size(x) == json_object_size(y) &&
           (json_object_size(x) == 0 || json_equal(x, y));
}

/* The version decides; where the dialect gives none, the payload does. */
static bool same_entry(const struct data_entry *x, const struct data_entry *y)
{
    if (x->version != 0 || y->version != 0)
        return x->version == y->version;
    return x->payload.len == y->payload.len &&
           memcmp(x->payload.data, y->payload.data, x->payload.len) == 0 &&
           same_text(x->content_type, y->content_type);
}

static const struct data_entry *find_entry(const struct desired *d, const char *key)
{
    for (size_t i = 0; i < d->n_data; i++)
        if (text_equal(d->data[i].key, key))
            return &d->data[i];
    return NULL;
}

static bool same_data(const struct desired *x, const struct desired *y)
{
    if (x->n_data != y->n_data)
        return false;
    for (size_t i = 0; i < x->n_data; i++) {
        const struct data_entry *other = find_entry(y, x->data[i].key);
        if (other == NULL || !same_entry(&x->data[i], other))
            return false;
    }
    return true;
}

static const struct secret_ref *find_secret(const struct desired *d, const char *key)
{
    for (size_t i = 0; i < d->n_secrets; i++)
        if (text_equal(d->secrets[i].key, key))
            return &d->secrets[i];
    return NULL;
}

static bool same_secrets(const struct desired *x, const struct desired *y)
{
    if (!y->has_secret_refs)
        return true; /* ruling 2: this control plane does not tell */
    if (x->n_secrets != y->n_secrets)
        return false;
    for (size_t i = 0; i < x->n_secrets; i++) {
        const struct secret_ref *other = find_secret(y, x->secrets[i].key);
        if (other == NULL || other->version != x->secrets[i].version)
            return false;
    }
    return true;
}

struct diff diff_states(struct arena *a, const struct desired *before, const struct desired *now)
{
    struct diff d = { 0 };
    size_t most = before->n_peers + now->n_peers + before->n_policies + now->n_policies + 4;
    d.corrections = arena_alloc_array(a, most, sizeof *d.corrections);
    diff_peers(a, &d, before, now);
    diff_policies(a, &d, before, now);
    if (!same_signing(&before->signing, &now->signing))
        add(&d, CHANGED_SIGNING, "signing_keys_updated", "signing keys rotated");
    if (!same_metadata(before->metadata, now->metadata))
        add(&d, CHANGED_METADATA, "metadata_updated", "metadata updated");
    if (!same_data(before, now))
        add(&d, CHANGED_DATA, "data_updated", "data updated");
    if (!same_secrets(before, now))
        add(&d, CHANGED_SECRETS, "secret_refs_updated", "secret refs updated");
    return d;
}
