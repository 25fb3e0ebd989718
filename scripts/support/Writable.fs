/// Places that a script is going to write to, tried before it works: nobody waits for results that cannot be kept.
module Scripting.Writable

open System
open System.IO
open SparseCore

let private refuse (setting: string) (path: string) (expected: string) (reason: string) (error: exn) : 'a =
    raise (IOException($"{setting}={path}: expected {expected}, found \"{reason.TrimEnd '.'}\". Choose another place.", error))

/// Makes a folder, and a file in it that is gone at once; refuses a folder where that fails, as the value of a setting.
let folder (setting: string) (path: string) : unit =
    try
        Directory.CreateDirectory path |> ignore
        let probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}")
        (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose)).Dispose()
    with
    | :? IOException
    | :? UnauthorizedAccessException as error -> refuse setting path "a folder that can be written" error.Message error

/// Refuses a file that cannot be made or replaced, as the value of a setting; makes its folder.
let file (setting: string) (path: string) : unit =
    try
        RegularFile.RequireReplaceable path
    with :? IOException as error ->
        refuse setting path "a file that can be written" error.Message error

    Path.GetDirectoryName path |> Option.ofObj |> Option.iter (folder setting)
