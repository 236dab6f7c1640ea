// A process that runs a stranger's script must not open sockets, which MPI needs. So each process of a run under MPI is two:
// the confined one with the script, and an agent that speaks MPI and runs no script (Sources/mpi-agent). Pipes join them.
//
// Here is the beginning of the two: a fork, which Swift does not offer.
#ifndef CPROCESSGROUP_H
#define CPROCESSGROUP_H

/// Forks. The caller goes on as the child, which ends when the agent does; the parent, which the launcher knows, becomes the
/// program `agent`. To be called before any other thread exists.
///
/// The agent gets three arguments: the descriptor it reads from, the one it writes to, and the child's process number.
/// Returns 0 in the child, with the descriptors of its ends; else the `errno` that says why nothing happened.
int cprocessgroup_begin(const char *agent, int *from_agent, int *to_agent);

#endif
