module Scripts.Tests.WritableTests

open System.IO
open Scripting
open Scripts.Tests.Processes
open Expecto
open Testing

let private refusal (attempt: unit -> unit) = (Expect.thrown<IOException> attempt).Message

[<Tests>]
let tests =
    testList
        "Writable"
        [
            testCase "folder makes the folder and leaves nothing in it" (fun () ->
                use scratch = new Scratch()
                let path = Path.Combine(scratch.Folder, "a", "b")
                Writable.folder "out" path
                Writable.folder "out" path
                Expect.isEmpty (Directory.GetFileSystemEntries path) "entries of the folder")

            testCase "folder refuses a file in the way by the setting's name" (fun () ->
                use scratch = new Scratch()
                let path = Path.Combine(scratch.Write("file", "kept"), "out")
                let text = refusal (fun () -> Writable.folder "out" path)
                Expect.stringStarts text $"out={path}: expected a folder that can be written, found " "text"
                Expect.stringEnds text "Choose another place." "text"
                Expect.equal (File.ReadAllText(Path.Combine(scratch.Folder, "file"))) "kept" "text of the file")

            testCase "file accepts what can be made or replaced and leaves it as it is" (fun () ->
                use scratch = new Scratch()
                let path = scratch.Write("file", "kept")
                Writable.file "out" path
                Writable.file "out" (Path.Combine(scratch.Folder, "new", "file"))
                Expect.equal (File.ReadAllText path) "kept" "text of the file"
                Expect.isEmpty (Directory.GetFileSystemEntries(Path.Combine(scratch.Folder, "new"))) "entries of the folder")

            testCase "file refuses a folder, the root and a device" (fun () ->
                use scratch = new Scratch()

                for path, kind in [ scratch.Folder, "a folder"; "/", "a folder"; "/dev/null", "a device" ] do
                    let expected =
                        $"out={path}: expected a file that can be written, found \"'{path}' is {kind}; expected a file that can be replaced, or nothing\". Choose another place."

                    Expect.equal (refusal (fun () -> Writable.file "out" path)) expected "message")
        ]
