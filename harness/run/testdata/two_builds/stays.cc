// The other: it is the same, but calls what moved, and reads what moved.
int First(int x);
namespace {
int counter = 3;
[[gnu::noinline]] const char* Text(int x) { return x > counter ? "large" : "small"; }
[[gnu::noinline]] int Same(int x) {
  counter += First(x);
  return Text(x)[1];
}
}  // namespace
int Second(int x) { return Same(x) * 2; }
