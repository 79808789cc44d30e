/* common/yaml_lines.h — on which line of a YAML text a mapping, sequence or member began; used by
 * yaml.c alone. One table per text while it is read, one per arena of what was kept. */
#ifndef COMMON_YAML_LINES_H
#define COMMON_YAML_LINES_H

#include <jansson.h>

#include "common/base.h"

struct arena;
struct yaml_lines;

struct yaml_lines *yaml_lines_create(struct arena *a);
/* `key` NULL is the value itself; else it must hold as long as the arena. */
void yaml_lines_add(struct yaml_lines *t, const json_t *value, const char *key, int line);
int yaml_lines_find(const struct yaml_lines *t, const json_t *value, const char *key); /* 0: none */
/* From now on yaml_line_of() sees the table. */
void yaml_lines_keep(struct yaml_lines *t);

#endif
