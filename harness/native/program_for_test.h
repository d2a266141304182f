// harness/native/program_for_test.h: runs a lambda as a program of the native engine, within a test.
#ifndef CFGTORTURE_HARNESS_NATIVE_PROGRAM_FOR_TEST_H_
#define CFGTORTURE_HARNESS_NATIVE_PROGRAM_FOR_TEST_H_

#include <dlfcn.h>

#include "gtest/gtest.h"
#include "harness/kernel/engine.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {

inline void BuildMachineOnce() {
  static const bool built = [] {
    BuildCpus({.cpus = 4, .flavour = engine::Flavour::kPreempt, .time_scale = 100});
    return true;
  }();
  ASSERT_TRUE(built);
}

template <class Body>
void RunAsProgram(Body body) {
  BuildMachineOnce();
  StartProgram([](void* self) { (*static_cast<Body*>(self))(); }, &body);
  if (!WaitForProgram(20'000'000'000u)) Fatal(DescribeTasks().c_str());
  JoinProgram();
}

// A task that runs `body`; joined at the end of the scope.
template <class Body>
class TestTask {
 public:
  TestTask(int cpu, Body body)
      : body_(body),
        id_(engine::StartTask(
            "test", cpu, [](void* self) { static_cast<TestTask*>(self)->body_(); }, this)) {}
  ~TestTask() { engine::JoinTask(id_); }
  TestTask(const TestTask&) = delete;
  TestTask& operator=(const TestTask&) = delete;
  engine::TaskId id() const { return id_; }

 private:
  Body body_;
  const engine::TaskId id_;
};

// A function of the object of code under test at `path`.
inline void* SymbolOf(const char* path, const char* name) {
  void* object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) Fatal(dlerror());
  void* symbol = dlsym(object, name);
  if (symbol == nullptr) Fatal(name);
  return symbol;
}

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_PROGRAM_FOR_TEST_H_
