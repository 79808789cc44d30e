/* drift-gates/renders/renders.h — the gate renders, and which programs it asks. */
#ifndef DRIFT_GATES_RENDERS_H
#define DRIFT_GATES_RENDERS_H

/* Instead of what is found in PATH: for tests, which must not depend on what a machine has. */
void renders_use(const char *kustomize, const char *kubeconform);

/* Where it is remembered that a render equalled its overlay: under the digest of every file of the
 * tree and of the program that rendered it, so that any change asks anew. Only what was equal is
 * remembered. NULL, as at the start: nowhere. The text must hold as long as gates run. */
void renders_remember(const char *folder);

#endif
