using System.Text;
using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Recipes;
using SparseCore.Reference;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Engine;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Data;

public sealed class CifarTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Images_are_read_in_channel_order_and_standardized()
    {
        CifarFolder.WriteTen(folder.Root, 3);
        var data = Cifar.Load(folder.Root, 10, augmented: false);
        Assert.Equal((15, 3, 10, new Shape(3, 32, 32)), (data.Train.Count, data.Test.Count, data.Train.Classes, data.Train.Shape));
        var bytes = File.ReadAllBytes(folder.File("data_batch_2.bin")).AsSpan(2 * 3073, 3073);
        Assert.Equal(bytes[0], data.Train.Label(5));
        var values = Samples.Values(data.Train, 5);
        (float Mean, float Std)[] channels = [(0.4914f, 0.2470f), (0.4822f, 0.2435f), (0.4465f, 0.2616f)];
        for (var pixel = 0; pixel < 3072; pixel++)
        {
            var (mean, std) = channels[pixel / 1024];
            Assert.Equal(((bytes[1 + pixel] / 255f) - mean) / std, values[pixel], 1e-5f);
        }
    }

    [Fact]
    public void Fine_labels_of_CIFAR_100_follow_the_coarse_ones()
    {
        CifarFolder.WriteHundred(folder.Root, 7, 4);
        var data = Cifar.Load(folder.Root, 100);
        var bytes = File.ReadAllBytes(folder.File("train.bin"));
        Assert.Equal(Enumerable.Range(0, 7).Select(example => (int)bytes[(example * 3074) + 1]), Enumerable.Range(0, 7).Select(data.Train.Label));
        Assert.Equal((100, 4), (data.Test.Classes, data.Test.Count));
        Assert.Equal(((bytes[2] / 255f) - 0.5071f) / 0.2673f, Samples.Values(Cifar.Load(folder.Root, 100, augmented: false).Train, 0)[0], 1e-5f);
    }

    [Fact]
    public void Views_are_crops_of_the_padded_image_of_all_channels_and_flips_and_depend_on_their_index_alone()
    {
        CifarFolder.WriteTen(folder.Root, 2);
        var train = Cifar.Load(folder.Root, 10).Train;
        var plain = Samples.Values(Cifar.Load(folder.Root, 10, augmented: false).Train, 3);
        Assert.True(train.HasViews);
        var shifts = new HashSet<(int, int, bool)>();
        for (var view = 0; view < 100; view++)
        {
            var index = (view * train.Count) + 3;
            var found = Samples.Values(train, index);
            Assert.Equal(found, Samples.Values(train, index));
            Assert.Equal(train.Label(3), train.Label(index));
            shifts.Add(Assert.Single(
                from down in Enumerable.Range(-4, 9)
                from right in Enumerable.Range(-4, 9)
                from mirrored in (bool[])[false, true]
                where IsView(plain, found, down, right, mirrored, train.Normalization)
                select (down, right, mirrored)));
        }

        Assert.InRange(shifts.Count, 60, 100);
        Assert.InRange(shifts.Count(shift => shift.Item3), 25, 75);
        Assert.NotEqual(Samples.Values(train, 3), Samples.Values(Cifar.Load(folder.Root, 10, viewSeed: 2).Train, 3));
    }

    [Fact]
    public void Only_the_real_files_are_named_after_CIFAR()
    {
        CifarFolder.WriteTen(folder.Root, 2);
        var sentences = new Sentences();
        var data = Cifar.Load(folder.Root, 10, progress: sentences);
        var plain = Cifar.Load(folder.Root, 10, augmented: false);
        Assert.Equal($"cifar-{data.ContentHash[..8]}", data.Name);
        Assert.Equal($"cifar-{plain.ContentHash[..8]}-plain", plain.Name);
        Assert.Contains($"that are not CIFAR-10 itself (its checksums differ); plans name them '{data.Name}'", Assert.Single(sentences.All), StringComparison.Ordinal);
        var other = folder.File("other");
        Directory.CreateDirectory(Path.Combine(other, "cifar-10-batches-bin"));
        CifarFolder.WriteTen(Path.Combine(other, "cifar-10-batches-bin"), 2);
        Assert.Equal(data.ContentHash, Cifar.Load(other, 10).ContentHash); // the folder does not matter
        File.AppendAllBytes(folder.File("test_batch.bin"), CifarFolder.Records(10, 1, 1, 9));
        string[] hashes = [data.ContentHash, plain.ContentHash, Cifar.Load(folder.Root, 10).ContentHash, Cifar.Load(other, 10, viewSeed: 2).ContentHash];
        Assert.Equal(4, hashes.Distinct().Count());
    }

    [Fact]
    public void Settings_name_it_and_show_views_by_default()
    {
        CifarFolder.WriteTen(folder.Root, 2);
        Assert.True(DataSource.Load("cifar10", folder.Root).Train.HasViews);
        Assert.False(DataSource.Load("cifar10", folder.Root, new DataOptions { Augmented = false }).Train.HasViews);
        CifarFolder.WriteHundred(folder.Root, 2, 2);
        Assert.Equal(100, DataSource.Load("cifar100", folder.Root).Train.Classes);
        Assert.Contains("needs data=FOLDER, a folder with CIFAR-10's binary files", Assert.Throws<DataException>(() => DataSource.UsualFolder("cifar10")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_is_said_with_where_to_get_it()
    {
        const string download = "Download cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html";
        Refuses($"has no data_batch_1.bin, and no folder cifar-10-batches-bin that has. {download}");
        Assert.Contains(download, Assert.Throws<DataException>(() => Cifar.Load(folder.File("nothing"), 10)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("data_batch_1"), "");
        Refuses("It has the Python version, which is not read. Download");
        File.WriteAllText(folder.File("cifar-10-binary.tar.gz"), "");
        Refuses("It has the archive: unpack it (tar -xzf");
        Assert.Contains("is a file; expected the folder", Assert.Throws<DataException>(() => Cifar.Load(folder.File("cifar-10-binary.tar.gz"), 10)).Message, StringComparison.Ordinal);
        CifarFolder.WriteTen(folder.Root, 1);
        File.Delete(folder.File("data_batch_4.bin"));
        Refuses("data_batch_4.bin'; CIFAR-10 needs data_batch_1.bin, data_batch_2.bin");
    }

    [Fact]
    public void The_files_of_the_other_CIFAR_are_recognized()
    {
        CifarFolder.WriteHundred(folder.Root, 1, 1);
        Refuses("It has the files of CIFAR-100: dataset=cifar100.");
        CifarFolder.WriteTen(folder.Root, 1);
        File.Copy(folder.File("train.bin"), folder.File("data_batch_1.bin"), overwrite: true);
        Refuses("It looks like a file of CIFAR-100 (dataset=cifar100).");
    }

    [Fact]
    public void A_damaged_file_is_refused_by_what_it_is()
    {
        CifarFolder.WriteTen(folder.Root, 1);
        Damaged([], "has 0 bytes; expected whole records of 3073 bytes", "It is empty");
        Damaged(CifarFolder.Records(10, 1, 2, 1)[..5000], "has 5000 bytes", "Perhaps a download that broke off.");
        Damaged(Encoding.ASCII.GetBytes("<html><head><title>404</title></head></html>"), "It is an HTML page.", "Download");
        Damaged(Samples.Gzip(CifarFolder.Records(10, 1, 2, 1)), "It is a gzip file: decompress it.");
        Damaged([0x80, 0x02, .. new byte[100]], "It is a Python pickle.");
        var records = CifarFolder.Records(10, 1, 2, 1);
        records[3073] = 10;
        Damaged(records, "the label of image 1 is 10; expected 0 to 9.");

        void Damaged(byte[] bytes, params string[] expected)
        {
            File.WriteAllBytes(folder.File("data_batch_3.bin"), bytes);
            Assert.All(expected, Refuses);
        }
    }

    [Fact]
    public void A_run_on_views_of_made_up_images_verifies_when_it_is_trained_again()
    {
        CifarFolder.WriteTen(folder.Root, 20);
        var data = Cifar.Load(folder.Root, 10);
        var recipe = new Recipe(new Experiment(data, "resnet20") { Widths = [3, 4, 5], Sparsity = 0.5, Steps = 12, BatchSize = 10 }.Settings());
        var plan = Methods.Plan(recipe, "rigl", InitializerNames.NeuronScaled, 1, 1).Small().Plan;
        var executor = new RunExecutor(folder.File("runs"), data, SmallRuns.Engine);
        Assert.True(executor.Execute(plan, new SilentProgress(), CancellationToken.None));
        var verification = new RunVerifier(data, SmallRuns.Engine).Verify(executor.PathOf(plan), replay: true);
        Assert.Equal((VerificationStatus.Ok, ""), (verification.Status, string.Join("; ", verification.Findings)));
    }

    [Fact]
    public void The_engine_sees_the_views_that_Read_gives()
    {
        CifarFolder.WriteTen(folder.Root, 4);
        var data = Cifar.Load(folder.Root, 10).Train;
        var network = NetworkFamilies.Plan("lenet5", data.Shape, 10, [3, 4, 11, 7]).Build();
        var parameters = Setups.Parameters(network, MaskSet.Full(network));
        int[] examples = [3, 25, 47, 1000, 19];
        using var engine = new CpuEngine(network, MaskSet.Full(network), 8);
        engine.Load(parameters);
        var loss = engine.Gradient(data, examples, GradientScope.Active, new ParameterBlock(network));
        Assert.Equal(new DoubleNetwork(network).Loss(Setups.ToDoubles(parameters), Examples.From(data, examples)), loss, 1e-5);
    }

    [Fact]
    public void Load_refuses_other_numbers_of_classes() => Assert.Contains("10 or 100", Assert.Throws<DataException>(() => Cifar.Load(folder.Root, 20)).Message, StringComparison.Ordinal);

    private static bool IsView(float[] image, float[] view, int down, int right, bool mirrored, InputNormalization normalization)
    {
        for (var value = 0; value < view.Length; value++)
        {
            var (channel, row, column) = (value / 1024, value / 32 % 32, value % 32);
            var (sourceRow, sourceColumn) = (row - down, (mirrored ? 31 - column : column) - right);
            var black = (float)(-normalization.Mean[channel] / normalization.Std[channel]);
            var expected = sourceRow is >= 0 and < 32 && sourceColumn is >= 0 and < 32 ? image[(channel * 1024) + (sourceRow * 32) + sourceColumn] : black;
            if (Math.Abs(expected - view[value]) > 1e-5)
            {
                return false;
            }
        }

        return true;
    }

    private void Refuses(string expected) =>
        Assert.Contains(expected, Assert.Throws<DataException>(() => Cifar.Load(folder.Root, 10)).Message, StringComparison.Ordinal);

    private sealed class Sentences : IProgress<string>
    {
        public List<string> All { get; } = [];

        public void Report(string value) => All.Add(value);
    }
}
