#include "drift-gates/kubelet.h"

#include "common/testing.h"
#include "common/text.h"
#include "drift-gates/findings.h"

/* One Pod in namespace "apps" whose container is what a test says, with the objects beside it. */
static const char objects[] =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain, namespace: apps}\n"
    "data: {A: from-plain, B: b, 1bad: x, BLANK: ' '}\nbinaryData: {BIN: aGVsbG8=}\n"
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: apps}\n"
    "data: {A: from-other, C: c}\n"
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: elsewhere, namespace: spare}\n"
    "data: {A: never}\n"
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: hidden, namespace: apps}\n"
    "data: {S: c2VjcmV0, T: b2xk}\nstringData: {T: new}\n"
    "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
    "metadata: {name: synced-sync, namespace: apps}\n"
    "spec: {target: {name: synced}, data: [{secretKey: K, remoteRef: {key: k}}]}\n"
    "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
    "metadata: {name: sealed, namespace: apps}\nspec: {encryptedData: {L: AgB}}\n";

static struct container *pod(struct gate_run *g, const char *body, const char *volumes)
{
    struct error e = { "" };
    struct arena *a = arena_create();
    struct settings *s = arena_alloc(a, sizeof(*s));
    struct render_source *from = arena_alloc(a, sizeof(*from));
    const struct render *r;
    size_t n;
    s->arena = a;
    *g = (struct gate_run){ .arena = a, .settings = s, .findings = findings_create(a) };
    const char *text = arena_printf(a,
                                    "%s---\napiVersion: v1\nkind: Pod\n"
                                    "metadata: {name: p, namespace: apps, labels: {app: shop}}\n"
                                    "spec:\n  volumes: %s\n  containers:\n  - name: c\n%s",
                                    objects, volumes, body);
    *from = (struct render_source){ .name = "dev", .file = "-", .text = BYTES_OF_TEXT(text) };
    ck_assert_msg(render_open(g, from, &r, &e), "%s", e.text);
    return containers_of(a, render_find(r, "Pod", "apps", "p"), &n);
}

static const struct kubelet_environment *resolve(struct gate_run *g, const char *body)
{
    return kubelet_environment(g, pod(g, body, "[]"));
}

static void expect(const struct kubelet_environment *env, const char *name, const char *value)
{
    const struct kubelet_value *v = kubelet_get(env, name);
    ck_assert_msg(v != NULL, "%s is not there", name);
    ck_assert_str_eq((const char *)v->value.data, value);
}

static void done(struct gate_run *g)
{
    arena_destroy(g->arena);
}

START_TEST(a_later_source_replaces_an_earlier_one_and_env_replaces_both)
{
    struct gate_run g;
    const struct kubelet_environment *env =
        resolve(&g, "    envFrom: [{configMapRef: {name: plain}}, {configMapRef: {name: other}}]\n"
                    "    env: [{name: C, value: mine}]\n");
    expect(env, "A", "from-other");
    expect(env, "B", "b");
    expect(env, "C", "mine");
    const struct kubelet_value *a = kubelet_get(env, "A");
    ck_assert_str_eq((const char *)a->earlier->value.data, "from-plain");
    ck_assert_str_eq(a->object, "other");
    ck_assert_int_gt(a->where.line, a->earlier->where.line);
    ck_assert_uint_eq(env->n_faults, 0);
    done(&g);
}
END_TEST

START_TEST(a_prefix_stands_before_each_key_and_a_bad_name_is_skipped)
{
    struct gate_run g;
    const struct kubelet_environment *env =
        resolve(&g, "    envFrom: [{prefix: P_, configMapRef: {name: plain}},"
                    " {configMapRef: {name: plain}}]\n");
    expect(env, "P_A", "from-plain");
    expect(env, "P_1bad", "x"); /* a name, with the prefix */
    ck_assert_ptr_null(kubelet_get(env, "1bad"));
    ck_assert_ptr_null(kubelet_get(env, "BIN")); /* binaryData is no environment */
    ck_assert_uint_eq(env->n_skipped, 1);
    done(&g);
}
END_TEST

START_TEST(a_secret_is_decoded_and_its_stringdata_wins)
{
    struct gate_run g;
    const struct kubelet_environment *env =
        resolve(&g, "    envFrom: [{secretRef: {name: hidden}}]\n"
                    "    env: [{name: X, valueFrom: {secretKeyRef: {name: hidden, key: S}}}]\n");
    expect(env, "S", "secret");
    expect(env, "T", "new");
    expect(env, "X", "secret");
    ck_assert_int_eq(kubelet_get(env, "X")->source, KUBELET_SECRET);
    ck_assert_str_eq(kubelet_get(env, "X")->key, "S");
    done(&g);
}
END_TEST

START_TEST(references_are_expanded_with_what_came_before)
{
    struct gate_run g;
    const struct kubelet_environment *env = resolve(
        &g, "    envFrom: [{configMapRef: {name: plain}}]\n"
            "    env:\n"
            "    - {name: ONE, value: '$(B)/$(TWO)/$$(B)/$(none)/$(open'}\n"
            "    - {name: TWO, value: '$(ONE)$'}\n"
            "    - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.podIP}}}\n"
            "    - {name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}\n"
            "    - {name: APP, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}}\n"
            "    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}\n"
            "    - {name: URL, value: 'http://$(HOST)/$(NS)'}\n");
    expect(env, "ONE", "b/$(TWO)/$(B)/$(none)/$(open");
    expect(env, "TWO", "b/$(TWO)/$(B)/$(none)/$(open$");
    expect(env, "NS", "apps");
    expect(env, "APP", "shop");
    ck_assert_int_eq(kubelet_get(env, "HOST")->known, KUBELET_LATER);
    ck_assert_int_eq(kubelet_get(env, "CPU")->known, KUBELET_LATER);
    ck_assert_int_eq(kubelet_get(env, "URL")->known, KUBELET_LATER);
    done(&g);
}
END_TEST

START_TEST(what_is_missing_keeps_the_container_from_starting_unless_optional)
{
    struct gate_run g;
    const struct kubelet_environment *env = resolve(
        &g,
        "    envFrom:\n"
        "    - {configMapRef: {name: elsewhere}}\n" /* another namespace */
        "    - {secretRef: {name: nowhere, optional: true}}\n"
        "    env:\n"
        "    - {name: X, valueFrom: {secretKeyRef: {name: hidden, key: none}}}\n"
        "    - {name: W, valueFrom: {configMapKeyRef: {name: none, key: A}}}\n"
        "    - {name: Z, valueFrom: {configMapKeyRef: {name: none, key: A, optional: true}}}\n");
    ck_assert_uint_eq(env->n_faults, 3);
    ck_assert_str_eq(env->faults[0].what, "there is no ConfigMap apps/elsewhere");
    ck_assert_str_eq(env->faults[1].what, "Secret apps/hidden has no key none");
    ck_assert_str_eq(env->faults[2].what, "there is no ConfigMap apps/none");
    ck_assert_uint_eq(env->n, 0);
    done(&g);
}
END_TEST

START_TEST(a_secret_that_a_controller_makes_has_keys_without_values)
{
    struct gate_run g;
    const struct kubelet_environment *env =
        resolve(&g,
                "    envFrom: [{secretRef: {name: synced}}, {secretRef: {name: sealed}}]\n"
                "    env: [{name: X, valueFrom: {secretKeyRef: {name: synced, key: other}}}]\n");
    ck_assert_int_eq(kubelet_get(env, "K")->known, KUBELET_SYNCED);
    ck_assert_str_eq(kubelet_get(env, "K")->by->name, "synced-sync");
    ck_assert_int_eq(kubelet_get(env, "L")->known, KUBELET_SYNCED);
    ck_assert(kubelet_filled(kubelet_get(env, "K")));
    ck_assert_uint_eq(env->n_faults, 1);
    done(&g);
}
END_TEST

START_TEST(references_that_double_are_stopped)
{
    struct gate_run g;
    struct arena *a = arena_create();
    const char *body = "    env:\n    - {name: X0, value: 0123456789abcdef}\n";
    for (int i = 1; i < 200; i++)
        body = arena_printf(a, "%s    - {name: X%d, value: $(X%d)$(X%d)}\n", body, i, i - 1, i - 1);
    const struct kubelet_environment *env = resolve(&g, body);
    ck_assert_uint_eq(env->n, 200);
    ck_assert_uint_eq(env->n_faults, 1);
    expect(env, "X3",
           "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
           "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    expect(env, "X199", "$(X198)$(X198)");
    ck_assert_uint_lt(arena_used(g.arena), (size_t)80 << 20);
    done(&g);
    arena_destroy(a);
}
END_TEST

START_TEST(blank_is_not_filled)
{
    struct gate_run g;
    const struct kubelet_environment *env =
        resolve(&g, "    envFrom: [{configMapRef: {name: plain}}]\n    env: [{name: E}]\n");
    ck_assert(kubelet_filled(kubelet_get(env, "A")));
    ck_assert(!kubelet_filled(kubelet_get(env, "BLANK")));
    ck_assert(!kubelet_filled(kubelet_get(env, "E")));
    ck_assert(!kubelet_filled(kubelet_get(env, "none")));
    done(&g);
}
END_TEST

START_TEST(a_file_is_found_through_mount_item_subpath_and_projection)
{
    static const char volumes[] =
        "[{name: s, secret: {secretName: hidden}},"
        " {name: i, secret: {secretName: hidden, items: [{key: S, path: deep/s.txt}]}},"
        " {name: p, projected: {sources: [{configMap: {name: plain}},"
        " {secret: {name: synced, items: [{key: K, path: k}]}}]}},"
        " {name: e, emptyDir: {}}]";
    static const char mounts[] = "    volumeMounts:\n"
                                 "    - {name: s, mountPath: /run/s/}\n"
                                 "    - {name: i, mountPath: /run/s/in}\n"
                                 "    - {name: p, mountPath: /run/p}\n"
                                 "    - {name: s, mountPath: /one, subPath: T}\n"
                                 "    - {name: e, mountPath: /tmp}\n";
    struct gate_run g;
    struct container *c = pod(&g, mounts, volumes);
    ck_assert_str_eq((const char *)kubelet_file(&g, c, "/run/s/S")->value.data, "secret");
    ck_assert_str_eq((const char *)kubelet_file(&g, c, "/run/s/in/deep/s.txt")->value.data,
                     "secret");
    ck_assert_ptr_null(kubelet_file(&g, c, "/run/s/in/S"));
    ck_assert_str_eq((const char *)kubelet_file(&g, c, "/run/p/A")->value.data, "from-plain");
    ck_assert_int_eq(kubelet_file(&g, c, "/run/p/k")->known, KUBELET_SYNCED);
    ck_assert_str_eq((const char *)kubelet_file(&g, c, "/one")->value.data, "new");
    ck_assert_ptr_null(kubelet_file(&g, c, "/tmp/S"));
    ck_assert_ptr_null(kubelet_file(&g, c, "/run/sibling"));
    ck_assert_ptr_null(kubelet_file(&g, c, "relative"));
    done(&g);
}
END_TEST

START_TEST(a_volume_without_its_source_is_a_fault)
{
    static const char volumes[] =
        "[{name: a, secret: {secretName: none}}, {name: b, secret: {secretName: none, optional: "
        "true}}, {name: c, configMap: {name: plain, items: [{key: Q, path: q}]}},"
        " {name: d, projected: {sources: [{secret: {name: gone}}, {secret: {name: sealed}}]}}]";
    struct gate_run g;
    size_t n;
    struct container *c = pod(&g, "    image: x\n", volumes);
    struct kubelet_fault *faults = kubelet_volume_faults(&g, c->owner, &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(faults[0].what, "there is no Secret apps/none");
    ck_assert_str_eq(faults[1].what, "ConfigMap apps/plain has no key Q");
    ck_assert_str_eq(faults[2].what, "there is no Secret apps/gone");
    done(&g);
}
END_TEST

START_TEST(a_generated_name_is_its_stem_and_a_hash)
{
    ck_assert(kubelet_is_name("config", "config"));
    ck_assert(kubelet_is_name("config-6ct58987ht", "config"));
    ck_assert(!kubelet_is_name("config-6ct58987h", "config"));
    ck_assert(!kubelet_is_name("config-production", "config"));
    ck_assert(!kubelet_is_name("configs", "config"));
    ck_assert(!kubelet_is_name(NULL, "config"));
}
END_TEST

TESTS("drift-gates/kubelet", a_later_source_replaces_an_earlier_one_and_env_replaces_both,
      a_prefix_stands_before_each_key_and_a_bad_name_is_skipped,
      a_secret_is_decoded_and_its_stringdata_wins, references_are_expanded_with_what_came_before,
      what_is_missing_keeps_the_container_from_starting_unless_optional,
      a_secret_that_a_controller_makes_has_keys_without_values, references_that_double_are_stopped,
      blank_is_not_filled, a_file_is_found_through_mount_item_subpath_and_projection,
      a_volume_without_its_source_is_a_fault, a_generated_name_is_its_stem_and_a_hash)
