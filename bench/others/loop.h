// The bare C loop for the programs of other languages, in their own processes.
#ifndef SOCKINFO_BENCH_OTHERS_LOOP_H_
#define SOCKINFO_BENCH_OTHERS_LOOP_H_

// The CPU time that the calling thread has used, in nanoseconds.
double thread_cpu_ns(void);

// Calls getsockopt(TCP_INFO) `calls` times. Returns the nanoseconds of CPU time per call, or -1 where a call failed.
double loop_tcp_info(int fd, int calls);

#endif
