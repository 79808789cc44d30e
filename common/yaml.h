/* common/yaml.h — YAML over libyaml, read into the JSON model.
 *
 * Plain scalars are read as Kubernetes (sigs.k8s.io/yaml over go-yaml v2) reads them: y/yes/on/true
 * and n/no/off/false in their usual spellings are booleans, 0777 and 0o777 are octal, 0x1F hex,
 * 0b101 binary, 1_000 is a number, ~ and null and nothing are null; quoted scalars are text (the
 * whole list is in yaml_scalar.h). Mapping keys become text. Anchors, aliases and "<<" merges are
 * resolved, a mapping's own keys winning; an alias bomb is stopped at 1,000,000 nodes, nesting at
 * 200 levels. Duplicate keys are refused. Errors say "line L column C: …" counting from 1.
 *
 * A value reached through several aliases is one shared value: copy it before changing it. */
#ifndef COMMON_YAML_H
#define COMMON_YAML_H

#include <jansson.h>

#include "common/base.h"
#include "common/error.h"

struct arena;

/* Exactly one document. */
MUST_CHECK bool yaml_parse(struct arena *a, const void *text, size_t len, json_t **out,
                           struct error *e);
/* Any number of documents ("---"), as a JSON array; empty documents are left out. */
MUST_CHECK bool yaml_parse_stream(struct arena *a, const void *text, size_t len, json_t **out,
                                  struct error *e);
MUST_CHECK bool yaml_parse_file(struct arena *a, const char *path, size_t cap, json_t **out,
                                struct error *e);

/* The line on which a mapping or sequence began or a mapping's member was named, kept on the arena
 * for values read by the calls above: 0 when unknown. `object` is the mapping or sequence, `key`
 * NULL asks for itself. */
int yaml_line_of(struct arena *a, const json_t *object, const char *key);

#endif
