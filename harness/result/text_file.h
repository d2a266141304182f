// harness/result/text_file.h: every file that the user names, read and written in one way.
//
// Invariant  Nobody's file is half written: text goes into a temporary file beside it, fsync, rename. A link is
//            followed, and what it points to is replaced; owner and mode stay. What is no regular file (a pipe, a
//            device as /dev/stdout) is written to as it is: a rename would put a file into its place, and root's
//            /dev/null would be gone.
// Errors     One line with the path. InvalidArgument or NotFound where the user has named a place that takes or has no
//            file (no such folder, no permission, a folder); Unavailable where the system failed (a full disk).
#ifndef CFGTORTURE_HARNESS_RESULT_TEXT_FILE_H_
#define CFGTORTURE_HARNESS_RESULT_TEXT_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cfgtorture {

absl::StatusOr<std::string> ReadText(const std::string& path);

absl::Status SaveText(std::string_view text, const std::string& path);

// What a later SaveText() will replace. To a pipe or a device nothing goes, for it cannot be taken back: only whether
// it can be written to is asked. So a place that cannot be written is found before the work and not after it.
absl::Status SaveDraft(std::string_view text, const std::string& path);
// An empty one, named by its option; without a path nothing is to be written.
absl::Status EmptyDraft(const char* option, const std::string& path);

// Whether SaveText() can be expected to succeed; what is there is left as it is.
absl::Status CheckSave(const std::string& path);

// Adds to what is there. With no text it is SaveDraft()'s question.
absl::Status AppendText(std::string_view text, const std::string& path);

// What was printed so far has come to where stdout leads; a full disk is told by nothing else.
absl::Status FlushStdout();

// The same status, with the option in front that named the file.
absl::Status Named(const char* option, const absl::Status& status);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_TEXT_FILE_H_
