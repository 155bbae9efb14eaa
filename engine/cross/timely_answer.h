#ifndef YIJIE_ENGINE_CROSS_TIMELY_ANSWER_H_
#define YIJIE_ENGINE_CROSS_TIMELY_ANSWER_H_

#include <functional>
#include <utility>

#include "base/mutex.h"
#include "engine/job.h"

namespace yijie::engine {

// The answer to a message of a visitor, which its caller gets in time whatever the message waits
// for: a lane, the disk, the insured place. Thread-safe.
class TimelyAnswer {
 public:
  explicit TimelyAnswer(std::function<void(Reply)> respond) : respond_(std::move(respond)) {}

  // The answer of whoever worked on the message; nobody hears it after TimeIsUp.
  void Give(Reply reply);

  // Whoever is about to book the message asks first. False if the caller was told "not applied":
  // then it must not be booked.
  bool BeginDeciding();

  // Unless an answer was given: "not applied", for certain, before BeginDeciding; after it
  // "undecided, ask again". False if an answer was given.
  bool TimeIsUp();

 private:
  Mutex mutex_;
  bool deciding_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void(Reply)> respond_ ABSL_GUARDED_BY(mutex_);  // null once it was answered
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_TIMELY_ANSWER_H_
