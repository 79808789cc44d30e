/* drift-gates/renders.h — the gate renders, and which programs it asks. */
#ifndef DRIFT_GATES_RENDERS_H
#define DRIFT_GATES_RENDERS_H

/* Instead of what is found in PATH: for tests, which must not depend on what a machine has. */
void renders_use(const char *kustomize, const char *kubeconform);

#endif
