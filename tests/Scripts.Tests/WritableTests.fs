module Scripts.Tests.WritableTests

open System.IO
open Scripting
open Scripts.Tests.Processes
open Xunit

let private refusal (attempt: unit -> unit) = Assert.Throws<IOException>(attempt).Message

[<Fact>]
let ``folder makes the folder and leaves nothing in it`` () =
    use scratch = new Scratch()
    let path = Path.Combine(scratch.Folder, "a", "b")
    Writable.folder "out" path
    Writable.folder "out" path
    Assert.Empty(Directory.GetFileSystemEntries path)

[<Fact>]
let ``folder refuses a file in the way by the setting's name`` () =
    use scratch = new Scratch()
    let path = Path.Combine(scratch.Write("file", "kept"), "out")
    let text = refusal (fun () -> Writable.folder "out" path)
    Assert.StartsWith($"out={path}: expected a folder that can be written, found ", text)
    Assert.EndsWith("Choose another place.", text)
    Assert.Equal("kept", File.ReadAllText(Path.Combine(scratch.Folder, "file")))

[<Fact>]
let ``file accepts what can be made or replaced and leaves it as it is`` () =
    use scratch = new Scratch()
    let path = scratch.Write("file", "kept")
    Writable.file "out" path
    Writable.file "out" (Path.Combine(scratch.Folder, "new", "file"))
    Assert.Equal("kept", File.ReadAllText path)
    Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(scratch.Folder, "new")))

[<Fact>]
let ``file refuses a folder, the root and a device`` () =
    use scratch = new Scratch()

    for path, kind in [ scratch.Folder, "a folder"; "/", "a folder"; "/dev/null", "a device" ] do
        let expected =
            $"out={path}: expected a file that can be written, found \"'{path}' is {kind}; expected a file that can be replaced, or nothing\". Choose another place."

        Assert.Equal(expected, refusal (fun () -> Writable.file "out" path))
