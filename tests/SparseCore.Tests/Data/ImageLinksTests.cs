using SparseCore.Data;

namespace SparseCore.Tests.Data;

public sealed class ImageLinksTests : PhotoFolder
{
    /// <summary>Absolute, relative, through two links, in train and in val: the data is that of copies.</summary>
    [JpegFact]
    public void Linked_files_are_the_files_they_lead_to()
    {
        WriteImages();
        var data = Load();
        var hash = data.ContentHash;
        var values = Samples.Values(data.Train, [0, 1, 2]);
        var store = Directory.CreateDirectory(Path.Combine(Root, "store")).FullName;
        Replace("train/cat/color420.jpg", target => target);
        Replace("train/cat/color444.jpg", target => Path.GetRelativePath(At("train/cat"), target));
        Replace("train/cat/inks.jpg", target => File.CreateSymbolicLink(target + ".link", target).FullName);
        Replace("val/dog/wide.jpg", target => target);
        for (var times = 0; times < 2; times++)
        {
            var linked = Load();
            Assert.Equal(hash, linked.ContentHash);
            Assert.Equal(values, Samples.Values(linked.Train, [0, 1, 2]));
            Assert.All(Samples.Values(linked.Test, [0, 1]), value => Assert.True(float.IsFinite(value)));
        }

        Assert.Equal(1, Reports.Count(report => report.Contains("4 of 4 images read through"))); // The second time nothing had changed.

        void Replace(string name, Func<string, string> link)
        {
            var target = Path.Combine(store, Path.GetFileName(name));
            File.Move(At(name), target);
            File.CreateSymbolicLink(At(name), link(target));
        }
    }

    [JpegFact]
    public void A_linked_file_whose_target_changes_is_read_again()
    {
        WriteImages();
        var target = Path.Combine(Root, "picture");
        File.Copy(Path.Combine(Jpegs.Folder, "color420.jpg"), target);
        File.CreateSymbolicLink(At("train/cat/link.jpg"), target);
        var before = Load();
        File.Copy(Path.Combine(Jpegs.Folder, "color444.jpg"), target, overwrite: true);
        Assert.NotEqual(before.ContentHash, Load().ContentHash);
        Assert.Contains("link.jpg", Assert.Throws<DataException>(() => Samples.Values(before.Train, [3])).Message);
    }

    [JpegFact]
    public void A_link_pointed_at_another_file_of_the_same_length_and_time_is_read_again()
    {
        WriteImages();
        var (first, second) = (Path.Combine(Root, "first"), Path.Combine(Root, "second"));
        var bytes = Jpegs.Read("color420.jpg");
        File.WriteAllBytes(first, bytes);
        bytes[^60] ^= 1;
        File.WriteAllBytes(second, bytes);
        var time = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(first, time);
        File.SetLastWriteTimeUtc(second, time);
        File.CreateSymbolicLink(At("train/cat/link.jpg"), first);
        var before = LoadAndSkip().ContentHash;
        File.Delete(At("train/cat/link.jpg"));
        File.CreateSymbolicLink(At("train/cat/link.jpg"), second);
        Assert.NotEqual(before, LoadAndSkip().ContentHash);
    }

    [JpegFact]
    public void Links_that_lead_nowhere_are_bad_files()
    {
        WriteImages();
        var hash = Load().ContentHash;
        File.CreateSymbolicLink(At("train/cat/lost.jpg"), "/no/such/file.jpg");
        File.CreateSymbolicLink(At("train/cat/self.jpg"), "self.jpg");
        File.CreateSymbolicLink(At("val/dog/there.jpg"), "back.jpg");
        File.CreateSymbolicLink(At("val/dog/back.jpg"), "there.jpg");
        Refuses(
            "4 of the 12 files",
            "'train/cat/lost.jpg': it is a link to nothing ('/no/such/file.jpg')",
            "'train/cat/self.jpg': it is a link in a circle",
            "'val/dog/back.jpg': it is a link in a circle");
        Assert.Equal(hash, LoadAndSkip().ContentHash);
        var index = File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(Root, "index"))));
        Assert.Contains("\ttrain/cat/lost.jpg\tit is a link to nothing ('/no/such/file.jpg')\t\n", index);
    }

    [JpegFact]
    public void Linked_folders_are_the_folders_they_lead_to()
    {
        WriteImages();
        var hash = Load().ContentHash;
        Directory.CreateDirectory(Path.Combine(Root, "store"));
        foreach (var name in new[] { "train/cat", "val/dog", "train" })
        {
            var target = Path.Combine(Root, "store", name.Replace('/', '-'));
            Directory.Move(At(name), target);
            Directory.CreateSymbolicLink(At(name), target);
            Assert.Equal(hash, Load().ContentHash);
        }

        Directory.CreateSymbolicLink(Path.Combine(Root, "linked"), Images);
        Assert.Equal(hash, ImageFolder.Load(Path.Combine(Root, "linked"), Options).ContentHash);

        // Relative to where the link is, not to the linked folder that leads to it.
        File.Move(Path.Combine(Root, "store", "train-cat", "inks.jpg"), Path.Combine(Root, "store", "kept.jpg"));
        File.CreateSymbolicLink(Path.Combine(Root, "store", "train-cat", "inks.jpg"), "../kept.jpg");
        Assert.Equal(hash, Load().ContentHash);
        Assert.Equal(hash, Load().ContentHash);
    }

    [JpegFact]
    public void Linked_folders_in_a_circle_or_to_nothing_are_named()
    {
        WriteImages();
        Directory.CreateSymbolicLink(At("train/cat/loop"), "..");
        Refuses("holds the folder 'loop'");
        Directory.Delete(At("train/cat/loop"));
        Directory.CreateSymbolicLink(At("train/zebra"), "/no/such/folder");
        Refuses("train/zebra' is a link to nothing ('/no/such/folder'); expected a class folder");
        File.Delete(At("train/zebra"));
        Directory.CreateSymbolicLink(At("val/zebra"), "zebra");
        Refuses("val/zebra' is a link in a circle; expected a class folder");
        Directory.Delete(At("val"), recursive: true);
        Directory.CreateSymbolicLink(At("val"), "/no/such/folder");
        Refuses("images/val' is a link to nothing ('/no/such/folder')", "Repair the link");
        Directory.Delete(Images, recursive: true);
        Directory.CreateSymbolicLink(Images, "images");
        Refuses("images' is a link in a circle");
    }

    [JpegFact]
    public void Hard_links_are_files_of_their_own()
    {
        WriteImages();
        var hash = Load().ContentHash;
        var name = At("train/cat/inks.jpg");
        File.Move(name, Path.Combine(Root, "kept"));
        Assert.Equal(0, Run("ln", Path.Combine(Root, "kept"), name));
        Assert.Equal(hash, Load().ContentHash);
        Assert.Equal(hash, Load().ContentHash);
    }

    /// <summary>Opening a pipe waits for somebody who writes into it.</summary>
    [JpegFact]
    public async Task A_pipe_is_a_bad_file_and_nobody_waits_for_it()
    {
        WriteImages();
        NamedPipe.Make(At("train/cat/pipe.jpg"));
        var loading = Task.Run(() => Refuses($"'train/cat/pipe.jpg': it cannot be read: '{At("train/cat/pipe.jpg")}' is a named pipe; expected a file"));
        await loading.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
