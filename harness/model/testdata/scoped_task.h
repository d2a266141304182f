// harness/model/testdata/scoped_task.h: a task that is joined where its scope ends.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_SCOPED_TASK_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_SCOPED_TASK_H_

#include "harness/kernel/engine.h"

namespace cfgtorture {

template <class Body>
class Task {
 public:
  Task(const char* name, int cpu, Body body)
      : body_(body),
        task_(engine::StartTask(
            name, cpu, [](void* self) { static_cast<Task*>(self)->body_(); }, this)) {}
  ~Task() { engine::JoinTask(task_); }

 private:
  Body body_;
  const engine::TaskId task_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_SCOPED_TASK_H_
