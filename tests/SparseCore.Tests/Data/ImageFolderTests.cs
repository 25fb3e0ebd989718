using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.Tests.Training;
using SparseCore.Training;

namespace SparseCore.Tests.Data;

public sealed class ImageFolderTests : PhotoFolder
{
    [JpegFact]
    public void Load_gives_classes_and_examples_in_the_order_of_their_names()
    {
        WriteImages();
        File.WriteAllText(Path.Combine(Images, "train", "cat", ".DS_Store"), "hidden");
        var data = Load();
        Assert.Equal((6, 2, 2), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal([0, 0, 0, 1, 1, 1], Enumerable.Range(0, 6).Select(data.Train.Label));
        Assert.Equal([0, 1], Enumerable.Range(0, 2).Select(data.Test.Label));
        Assert.Equal(new Shape(3, 24, 24), data.Train.Shape);
        Assert.Equal($"images24-{data.ContentHash[..8]}", data.Name);
        Assert.True(data.Train.HasViews);
        Assert.False(data.Test.HasViews);
        Assert.Equal(1, data.Train.Label((5 * 6) + 4));
    }

    [JpegFact]
    public void A_test_image_is_the_standardized_center()
    {
        WriteImages();
        var values = Samples.Values(Load().Test, [1]);
        using var reader = new ImageReader();
        var planes = new byte[3 * 24 * 24];
        reader.Decode(Jpegs.Read("wide.jpg"), 24, (width, height) => CropWindow.Center(width, height, 24), planes);
        float[] means = [0.485f, 0.456f, 0.406f];
        float[] deviations = [0.229f, 0.224f, 0.225f];
        for (var value = 0; value < planes.Length; value++)
        {
            var channel = value / (24 * 24);
            Assert.Equal(((planes[value] / 255f) - means[channel]) / deviations[channel], values[value], 1e-5f);
        }
    }

    /// <summary>Whatever was prefetched, however many threads decode, wherever a run begins: the same bits.</summary>
    [JpegFact]
    public void Views_depend_on_their_index_alone()
    {
        WriteImages();
        int[] batch = [3, 9, 4, 6, 17, 60_001, 5, 0, 11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 30];
        var alone = batch.SelectMany(index => Samples.Values(Load(threads: 0).Train, [index])).ToArray();
        foreach (var threads in new[] { 0, 1, 4 })
        {
            var train = Load(threads).Train;
            train.Prefetch(batch);
            train.Prefetch([1, 2, 3]);
            var addresses = new nint[batch.Length];
            using (train.Pixels!.Hold(batch, addresses))
            {
                Assert.Equal(alone, Samples.Values(train, batch));
            }
        }

        Assert.NotEqual(Samples.Values(Load().Train, [3]), Samples.Values(Load().Train, [9]));
        Assert.NotEqual(Samples.Values(Load().Train, [3]), Samples.Values(ImageFolder.Load(Images, Options with { ViewSeed = 2 }).Train, [3]));
        var plain = ImageFolder.Load(Images, Options with { Augmented = false }).Train;
        Assert.False(plain.HasViews);
    }

    [JpegFact]
    public void Stepping_through_from_the_middle_gives_the_same_batches()
    {
        WriteImages();
        var whole = Batches(0, 12);
        Assert.Equal(whole[7..], Batches(7, 12));

        List<float[]> Batches(int first, int end)
        {
            var train = Load().Train;
            var order = new BatchOrder(5, train);
            var (batch, next) = (new int[4], new int[4]);
            var all = new List<float[]>();
            for (var step = first; step < end; step++)
            {
                order.Fill(step * 4L, batch);
                order.Fill((step + 1) * 4L, next);
                train.Prefetch(next);
                all.Add(Samples.Values(train, batch));
            }

            return all;
        }
    }

    [JpegFact]
    public void Broken_files_are_named_and_refused_or_skipped()
    {
        WriteImages();
        var clean = Load().ContentHash;
        File.WriteAllBytes(Path.Combine(Images, "train", "dog", "cut.jpg"), Jpegs.Read("color420.jpg")[..700]);
        File.WriteAllText(Path.Combine(Images, "val", "cat", "notes.txt"), "no image");
        Refuses("2 of the 10 files", "train/dog/cut.jpg", "val/cat/notes.txt", "it begins with 6E6F2069", "on-bad-image=skip");
        Reports.Clear();
        var data = LoadAndSkip();
        Assert.Equal((6, 2), (data.Train.Count, data.Test.Count));
        Assert.Equal(clean, data.ContentHash);
        Assert.Contains(Reports, report => report.Contains("They are skipped") && report.Contains("train/dog/cut.jpg"));
    }

    [JpegFact]
    public void Images_of_other_colors_or_smaller_than_the_crop_are_used_with_a_sentence()
    {
        WriteImages();
        File.Copy(Path.Combine(Jpegs.Folder, "inks.jpg"), Path.Combine(Images, "val", "dog", "inks.jpg"));
        for (var times = 0; times < 2; times++)
        {
            Reports.Clear();
            Assert.All(Samples.Values(Load().Test, [0, 1, 2]), value => Assert.True(float.IsFinite(value)));
            Assert.Contains(Reports, report => report.StartsWith("Gray instead of colored: 1 of the 9") && report.Contains("'train/dog/grey.jpg', 33 x 29"));
            Assert.Contains(Reports, report => report.StartsWith("Four inks (CMYK)") && report.Contains("2 of the 9"));
            Assert.Contains(Reports, report => report.StartsWith("Smaller than the crop of 24 x 24: 3 of the 9"));
        }
    }

    /// <summary>ImageNet has such files, and one PNG file that is called JPEG.</summary>
    [JpegFact]
    public void PNG_files_and_JPEG_files_with_warnings_are_examples_with_a_sentence()
    {
        WriteImages();
        var hash = Load().ContentHash;
        Write("train/dog", "picture.png.jpg");
        File.WriteAllBytes(At("train/cat/extra.jpg"), Jpegs.Made("jpeg", "extra bytes before the end"));
        File.WriteAllBytes(At("val/dog/cut.jpg"), Jpegs.Made("jpeg", "data cut with an end"));
        for (var times = 0; times < 2; times++)
        {
            Reports.Clear();
            var data = Load();
            Assert.Equal((8, 3), (data.Train.Count, data.Test.Count));
            Assert.NotEqual(hash, data.ContentHash);
            Assert.All(Samples.Values(data.Train, [0, 1, 2, 3, 4, 5, 6, 7]), value => Assert.True(float.IsFinite(value)));
            Assert.All(Samples.Values(data.Test, [0, 1, 2]), value => Assert.True(float.IsFinite(value)));
            var report = Assert.Single(Reports, report => report.StartsWith("Damaged, but usable", StringComparison.Ordinal));
            Assert.Contains("2 of the 11 images", report);
            Assert.Contains("(the first is 'train/cat/extra.jpg', \"Corrupt JPEG data: ", report);
            Assert.Contains("extraneous bytes before marker 0xd9\")", report);
        }
    }

    /// <summary>An index of before knows no warnings, and has verdicts that are others today.</summary>
    [JpegFact]
    public void An_index_of_an_earlier_version_is_made_anew()
    {
        WriteImages();
        var hash = Load().ContentHash;
        var index = Assert.Single(Directory.GetFiles(Path.Combine(Root, "index")));
        File.WriteAllText(index, File.ReadAllText(index).Replace("version 2", "version 1"));
        Reports.Clear();
        Assert.Equal(hash, Load().ContentHash);
        Assert.Contains(Reports, report => report.Contains("8 of 8 images read through"));
        Reports.Clear();
        Assert.Equal(hash, Load().ContentHash);
        Assert.DoesNotContain(Reports, report => report.Contains("read through"));
    }

    [JpegFact]
    public void A_class_without_whole_images_is_refused()
    {
        WriteImages();
        File.WriteAllText(Path.Combine(Images, "val", "dog", "wide.jpg"), "no image");
        var error = Assert.Throws<DataException>(() => ImageFolder.Load(Images, Options with { OnBadImage = BadImages.Skip }));
        Assert.Contains("The class 'dog' has no images", error.Message);
    }

    [JpegFact]
    public void Wrong_layouts_are_a_sentence_each()
    {
        Refuses("There is no folder", "train/CLASS/FILE");
        Directory.CreateDirectory(Path.Combine(Images, "train"));
        Refuses("has no folder 'val'");
        Directory.CreateDirectory(Path.Combine(Images, "val"));
        File.Copy(Path.Combine(Jpegs.Folder, "dot.jpg"), Path.Combine(Images, "train", "1.jpg"));
        Refuses("has no class folders; found 1 files");
        WriteImages();
        Directory.CreateDirectory(Path.Combine(Images, "val", "zebra"));
        Refuses("Missing in 'train': 1 of the 3 classes", "'zebra'", "remove them here");
        Directory.CreateDirectory(Path.Combine(Images, "train", "zebra", "inner"));
        Refuses("holds the folder 'inner'");
        Directory.Delete(Path.Combine(Images, "train", "zebra", "inner"));
        Refuses("The class 'zebra' has no images");
    }

    [JpegFact]
    public void Unchanged_files_are_read_through_only_once_even_after_a_crash()
    {
        WriteImages();
        var hash = Load().ContentHash;
        Assert.Contains(Reports, report => report.Contains("8 of 8 images read through"));
        Reports.Clear();
        Assert.Equal(hash, Load().ContentHash);
        Assert.DoesNotContain(Reports, report => report.Contains("read through"));
        var index = Assert.Single(Directory.GetFiles(Path.Combine(Root, "index")));
        File.WriteAllText(index, File.ReadAllText(index)[..^100]); // the last line is cut
        Assert.Equal(hash, Load().ContentHash);
        Assert.Contains(Reports, report => report.Contains("1 of 1 images read through"));
        Reports.Clear();
        Assert.Equal(hash, Load().ContentHash);
        Assert.DoesNotContain(Reports, report => report.Contains("read through"));
        File.WriteAllText(index, "something else\n");
        Assert.Equal(hash, Load().ContentHash);
    }

    [JpegFact]
    public void The_hash_follows_bytes_names_size_and_views()
    {
        WriteImages();
        var path = Path.Combine(Images, "train", "cat", "color420.jpg");
        var hashes = new List<string>
        {
            Load().ContentHash,
            ImageFolder.Load(Images, Options with { Size = 32 }).ContentHash,
            ImageFolder.Load(Images, Options with { ViewSeed = 3 }).ContentHash,
            ImageFolder.Load(Images, Options with { Augmented = false }).ContentHash,
        };
        File.Move(path, path + ".renamed");
        hashes.Add(Load().ContentHash);
        File.Copy(Path.Combine(Jpegs.Folder, "grey.jpg"), path + ".renamed", overwrite: true);
        hashes.Add(Load().ContentHash);
        Assert.Equal(hashes.Count, hashes.Distinct().Count());
    }

    [JpegFact]
    public void A_file_that_changes_later_stops_the_reader_with_its_name()
    {
        WriteImages();
        var test = Load().Test;
        var path = Path.Combine(Images, "val", "dog", "wide.jpg");
        File.WriteAllBytes(path, Jpegs.Read("wide.jpg")[..^10]);
        Assert.Contains("wide.jpg", Assert.Throws<DataException>(() => Samples.Values(test, [0, 1])).Message);
        File.Delete(path);
        Assert.Contains("wide.jpg", Assert.Throws<DataException>(() => Samples.Values(test, [1])).Message);
        File.Copy(Path.Combine(Jpegs.Folder, "wide.jpg"), path);
        Assert.All(Samples.Values(test, [0, 1]), value => Assert.True(float.IsFinite(value)));
    }

    [JpegFact]
    public void Reading_through_can_be_cancelled_and_goes_on()
    {
        WriteImages();
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => ImageFolder.Load(Images, Options, null, stopped.Token));
        Assert.Equal(6, Load().Train.Count);
    }

    /// <summary>Dynamic sparse training, which sees a batch several times, stopped in the middle of epochs and gone on with other numbers of threads.</summary>
    [JpegFact]
    public void A_run_on_images_interrupted_and_resumed_gives_the_bytes_of_the_uninterrupted_run()
    {
        WriteImages();
        var data = Load();
        var settings = SmallRuns.Settings with
        {
            Data = new DataPlan(data.Name, data.ContentHash),
            Network = new NetworkPlan("lenet300", [12, 8], data.Train.Shape, data.Train.Classes),
            SmallNetwork = new NetworkPlan("lenet300", [4, 3], data.Train.Shape, data.Train.Classes),
            Steps = 40,
            BatchSize = 4,
            LearningRate = 0.01,
        };
        var planned = Methods.Plan(new Recipe(settings), "rigl", InitializerNames.NeuronScaled, 1, 1).Plan;
        var plan = planned with { Logging = new LoggingPlan(10, new ExampleRange(0, 5), 7, []) };
        Assert.True(Executor("whole", data, 1).Execute(plan, new RunProgress(_ => { }), CancellationToken.None));
        foreach (var stop in new[] { 1, 8, 22, 35 })
        {
            using var cancellation = new CancellationTokenSource();
            var progress = new RunProgress(step =>
            {
                if (step >= stop)
                {
                    cancellation.Cancel();
                }
            });
            Assert.Throws<OperationCanceledException>(() => Executor("parts", Load(threads: stop % 4), 2).Execute(plan, progress, cancellation.Token));
        }

        Assert.True(Executor("parts", Load(threads: 0), 1).Execute(plan, new RunProgress(_ => { }), CancellationToken.None));
        var names = Directory.GetFiles(Path.Combine(Root, "whole", plan.FolderName), "*.*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is not ("run.json" or "lock"))
            .ToArray();
        Assert.Contains(names, name => name.EndsWith("metrics.csv", StringComparison.Ordinal));
        Assert.Contains(names, name => name.EndsWith("000040.safetensors", StringComparison.Ordinal));
        Assert.All(names, name => Assert.Equal(
            File.ReadAllBytes(name), File.ReadAllBytes(Path.Combine(Root, "parts", Path.GetRelativePath(Path.Combine(Root, "whole"), name)))));
    }

    private RunExecutor Executor(string runs, DataSplit data, int threads) => new(
        Path.Combine(Root, runs), data, new CpuEngineFactory(new EngineOptions { Threads = threads }));

    private sealed class RunProgress(Action<int> advanced) : IRunProgress
    {
        public void Started(TrainingPlan plan, int step)
        {
        }

        public void Advanced(TrainingPlan plan, int step) => advanced(step);

        public void Finished(TrainingPlan plan, bool trained)
        {
        }

        public void Failed(TrainingPlan plan, string reason)
        {
        }

        public void Warned(TrainingPlan plan, string message)
        {
        }
    }
}
