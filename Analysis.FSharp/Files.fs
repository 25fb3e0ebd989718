/// Writing of files so that a reader sees the old content or the new, never a half.
module SparseCore.Analysis.Files

open System
open System.IO
open System.Text
open SparseCore

/// Writes bytes to a temporary name beside the target, flushes them to the disk and renames. Missing folders are made. A link is itself replaced; a folder, pipe or device is refused.
let writeBytes (path: string) (content: byte[]) =
    let target = Path.GetFullPath path
    RegularFile.RequireReplaceable target
    Path.GetDirectoryName target |> Option.ofObj |> Option.iter (Directory.CreateDirectory >> ignore)
    let temporary = $"{target}.{Environment.MachineName}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp"

    try
        File.Delete temporary // A new file cannot be a link that leads elsewhere.

        using (new FileStream(temporary, FileMode.CreateNew, FileAccess.Write)) (fun stream ->
            stream.Write(content, 0, content.Length)
            stream.Flush true)

        File.Move(temporary, target, true)
    finally
        File.Delete temporary

/// As writeBytes, for text: UTF-8 without a byte order mark.
let writeText (path: string) (content: string) = writeBytes path (UTF8Encoding(false).GetBytes content)
