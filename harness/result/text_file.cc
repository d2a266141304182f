#include "harness/result/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cfgtorture {
namespace {

constexpr int kMostLinks = 40;  // the kernel's own limit

absl::Status NotWritten(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": cannot be written: ", std::strerror(error));
  switch (error) {
    case EACCES:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
    case EPERM:
    case EROFS:
      return absl::InvalidArgumentError(text);
    default:
      return absl::UnavailableError(text);
  }
}

std::optional<struct stat> Stat(const std::string& path) {
  struct stat is {};
  if (stat(path.c_str(), &is) != 0) return std::nullopt;
  return is;
}

bool IsPipeOrDevice(const std::string& path) {
  const std::optional<struct stat> is = Stat(path);
  return is && !S_ISREG(is->st_mode) && !S_ISDIR(is->st_mode);
}

// What the name stands for: rename() would replace a link, and not the file that it leads to, which may not be there
// yet.
std::string Followed(const std::string& path) {
  std::filesystem::path at = path;
  std::error_code none;
  for (int i = 0; i < kMostLinks; ++i) {
    const std::filesystem::path link = std::filesystem::read_symlink(at, none);
    if (none) break;
    at = link.is_absolute() ? link : at.parent_path() / link;
  }
  return at.string();
}

// Returns errno, 0 if all went well. Closes `fd`.
int WriteAndClose(int fd, std::string_view text, bool sync) {
  int error = 0;
  while (!text.empty() && error == 0) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (sync && error == 0 && fsync(fd) != 0 && errno != EINVAL) error = errno;  // EINVAL: a file system without it
  if (close(fd) != 0 && error == 0) error = errno;
  return error;
}

absl::Status WriteInto(std::string_view text, const std::string& path, int flags) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644);
  const int error = fd < 0 ? errno : WriteAndClose(fd, text, false);
  return error == 0 ? absl::OkStatus() : NotWritten(path, error);
}

absl::Status AskPipeOrDevice(const std::string& path) {
  return access(path.c_str(), W_OK) == 0 ? absl::OkStatus() : NotWritten(path, errno);
}

// A temporary file beside the target, with its owner and mode.
class Replacement {
 public:
  explicit Replacement(const std::string& path)
      : path_(path), target_(Followed(path)), temporary_(absl::StrCat(target_, ".", getpid(), ".tmp")) {
    const std::optional<struct stat> before = Stat(path);
    std::error_code none;
    if (before && S_ISDIR(before->st_mode)) error_ = EISDIR;
    if (std::filesystem::is_symlink(target_, none)) error_ = ELOOP;
    if (error_ != 0) return;
    fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd_ < 0) error_ = errno;
    if (fd_ < 0 || !before) return;
    // Of another's file, root alone can do it; and who may write beside it may replace it.
    if (fchown(fd_, before->st_uid, before->st_gid) != 0) errno = 0;
    if (fchmod(fd_, before->st_mode & 07777) != 0) errno = 0;
  }
  ~Replacement() {
    if (fd_ >= 0) close(fd_);
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }
  absl::Status status() const { return error_ == 0 ? absl::OkStatus() : NotWritten(path_, error_); }
  absl::Status Write(std::string_view text) {
    if (error_ == 0) error_ = WriteAndClose(std::exchange(fd_, -1), text, true);
    if (error_ == 0 && rename(temporary_.c_str(), target_.c_str()) != 0) error_ = errno;
    if (error_ == 0) temporary_.clear();
    return status();
  }

 private:
  std::string path_, target_, temporary_;
  int fd_ = -1;
  int error_ = 0;
};

}  // namespace

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  const std::optional<struct stat> is = Stat(path);
  if (is && S_ISDIR(is->st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": is a folder, and no file"));
  if (file) text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
  return text.str();
}

absl::Status SaveText(std::string_view text, const std::string& path) {
  return IsPipeOrDevice(path) ? WriteInto(text, path, 0) : Replacement(path).Write(text);
}

absl::Status SaveDraft(std::string_view text, const std::string& path) {
  return IsPipeOrDevice(path) ? AskPipeOrDevice(path) : SaveText(text, path);
}

absl::Status EmptyDraft(const char* option, const std::string& path) {
  return path.empty() ? absl::OkStatus() : Named(option, SaveDraft("", path));
}

absl::Status CheckSave(const std::string& path) {
  return IsPipeOrDevice(path) ? AskPipeOrDevice(path) : Replacement(path).status();
}

absl::Status AppendText(std::string_view text, const std::string& path) {
  if (text.empty() && IsPipeOrDevice(path)) return AskPipeOrDevice(path);  // an open end, closed again, ends a pipe
  return WriteInto(text, path, O_CREAT | O_APPEND);
}

absl::Status FlushStdout() {
  if (std::fflush(stdout) != 0) return NotWritten("stdout", errno);
  if (std::ferror(stdout) == 0) return absl::OkStatus();
  return absl::UnavailableError("stdout: cannot be written: it did not take all");  // an earlier write's; errno is gone
}

absl::Status Named(const char* option, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(option, " ", std::string(status.message())));
}

}  // namespace cfgtorture
