#ifndef YIJIE_BENCH_INSTRUCTIONS_H_
#define YIJIE_BENCH_INSTRUCTIONS_H_

namespace yijie::bench {

// Counts instructions in user mode: of the thread that makes it, and of all threads and processes
// that come from that one afterwards. What neighbours on a shared machine do changes the time that
// work takes by a factor of two, and the instructions by little.
class InstructionCount {
 public:
  InstructionCount();
  ~InstructionCount();
  InstructionCount(const InstructionCount&) = delete;
  InstructionCount& operator=(const InstructionCount&) = delete;

  // So far; 0 if the machine does not count, or not for us.
  double Read() const;

 private:
  const int event_;  // a file descriptor; below 0: there is none
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_INSTRUCTIONS_H_
