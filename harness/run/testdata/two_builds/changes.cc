// One of two sources of an object that is built twice: this function differs, and all that follows moves.
namespace {
[[gnu::noinline]] int Slower(int x) {
#ifdef CFGT_CHANGED
  for (int i = 1; i < x; i += i) x += i * x;
#endif
  return x + 1;
}
}  // namespace
int First(int x) { return Slower(x) + Slower(x + 1); }
