using System.Globalization;
using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public sealed class Mnist32Tests : IDisposable
{
    private const int Plane = 32 * 32;

    private static readonly Lazy<DataSplit> Loaded = new(() => Mnist32.Load(Samples.MnistFolder));

    private static readonly Lazy<DataSplit> Shifted = new(() => Mnist32.Load(Samples.MnistFolder, Augmentation.Shift));

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Load_of_MNIST_gives_three_equal_channels_of_32_by_32()
    {
        var data = Loaded.Value;
        Assert.Equal("mnist32", data.Name);
        Assert.Equal((60000, 10000, 10), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal(new Shape(3, 32, 32), data.Train.Shape);
        Assert.Equal(Samples.Mnist.Train.Label(59999), data.Train.Label(59999));
        var values = Samples.Values(data.Train, 7);
        Assert.Equal(values[..Plane], values[Plane..(2 * Plane)]);
        Assert.Equal(values[..Plane], values[(2 * Plane)..]);
        Assert.False(data.Train.HasViews);
    }

    [Fact]
    public void Training_pixels_have_mean_0_and_deviation_1()
    {
        var train = Loaded.Value.Train;
        var (sum, squares) = (0.0, 0.0);
        var values = new float[train.Shape.Count];
        for (var example = 0; example < train.Count; example++)
        {
            train.Read(example, values);
            foreach (var value in values.AsSpan(0, Plane))
            {
                sum += value;
                squares += value * value;
            }
        }

        var count = (double)train.Count * Plane;
        Assert.InRange(sum / count, -1e-5, 1e-5);
        Assert.InRange(squares / count, 1 - 1e-5, 1 + 1e-5);
    }

    [FashionFact]
    public void Load_of_Debians_Fashion_MNIST_is_known_by_its_contents()
    {
        var data = DataSource.Load("fashion32", DataFamilies.FashionFolder, new DataOptions { Augmented = true });
        Assert.Equal("fashion32-shift-flip", data.Name);
        Assert.Equal([9, 0, 0, 3, 0], Enumerable.Range(0, 5).Select(data.Train.Label));
        Assert.True(data.Train.HasViews);
        Assert.False(data.Test.HasViews);
        Assert.NotEqual(data.ContentHash, DataSource.Load("fashion32", DataFamilies.FashionFolder).ContentHash);
    }

    /// <summary>Pillow keeps its weights in fixed point, so a pixel may be rounded to the neighboring byte.</summary>
    [Fact]
    public void Enlargement_agrees_with_Pillow_within_one_gray_level()
    {
        var expected = File.ReadAllLines(Path.Combine(Samples.Repository, "tests", "SparseCore.Tests", "Data", "reference", "enlarged.csv"))
            .SelectMany(line => line.Split(',').Select(cell => int.Parse(cell, CultureInfo.InvariantCulture)))
            .ToArray();
        var (_, images, _) = SparseCore.Data.Mnist.LoadBytes(Samples.MnistFolder);
        var found = Enlargement.Bilinear(images[..(3 * 784)], 28, 28, 32);
        Assert.Equal(expected.Length, found.Length);
        Assert.Contains(expected, value => value is > 50 and < 200);
        Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));
    }

    [Fact]
    public void Enlargement_of_a_hand_worked_row()
    {
        // 2 pixels to 4: centers at -1/4 (the edge), 1/4, 3/4, 5/4 (the edge).
        Assert.Equal<byte>([100, 125, 175, 200], [.. Enlargement.Bilinear([100, 200, 100, 200], 2, 2, 4).Take(4)]);
        Assert.Equal<byte>([7, 8, 9, 10], Enlargement.Bilinear([7, 8, 9, 10], 2, 2, 2));
    }

    [Fact]
    public void A_view_is_a_shift_by_up_to_4_and_depends_on_its_index_alone()
    {
        var shifted = Shifted.Value.Train;
        var plain = Loaded.Value.Train;
        const int views = 200;
        var indices = Enumerable.Range(0, views).Select(view => (view * shifted.Count) + 5).ToArray();
        var original = Samples.Values(plain, 5)[..Plane];
        var black = original.Min();
        var shifts = new HashSet<(int, int)>();
        for (var view = 0; view < views; view++)
        {
            var found = Samples.Values(shifted, indices[view])[..Plane];
            Assert.Equal(found, Samples.Values(shifted, indices[view])[..Plane]);
            var fits = from down in Enumerable.Range(-4, 9)
                       from right in Enumerable.Range(-4, 9)
                       where found.AsSpan().SequenceEqual(Shift(original, down, right, black))
                       select (down, right);
            shifts.Add(Assert.Single(fits));
        }

        Assert.InRange(shifts.Count, 60, 81); // of 81, 200 draws leave about 7 out
        Assert.Equal(shifted.Label(5), shifted.Label(indices[^1]));
    }

    [Fact]
    public void Flips_are_half_of_the_views_and_only_where_asked_for()
    {
        WriteSmall();
        var data = Mnist32.Load(folder, Augmentation.ShiftAndFlip);
        var plain = Mnist32.Load(folder, Augmentation.Shift);
        const int views = 1000;
        int[] indices = [.. Enumerable.Range(0, views).Select(view => view * data.Train.Count)];
        // The image grows brighter to the right; in a mirrored view it does to the left.
        Assert.InRange(Mirrored(data.Train), 440, 560);
        Assert.Equal(0, Mirrored(plain.Train));

        int Mirrored(Dataset train)
        {
            return indices.Select(index => Samples.Values(train, index)).Count(values => values[(16 * 32) + 8] > values[(16 * 32) + 24]);
        }
    }

    [Fact]
    public void Load_refuses_images_larger_than_32_and_images_without_contrast()
    {
        WriteSmall(side: 33);
        Assert.Contains("33 x 33", Assert.Throws<DataException>(() => Mnist32.Load(folder)).Message);
        File.WriteAllBytes(Path.Combine(folder, "train-images-idx3-ubyte"), Samples.Idx([2, 2, 2], [4, 4, 4, 4, 4, 4, 4, 4]));
        File.WriteAllBytes(Path.Combine(folder, "t10k-images-idx3-ubyte"), Samples.Idx([1, 2, 2], [5, 6, 7, 8]));
        Assert.Contains("are 4", Assert.Throws<DataException>(() => Mnist32.Load(folder)).Message);
    }

    [Fact]
    public void Names_and_hashes_follow_contents_and_augmentation()
    {
        WriteSmall();
        var data = DataSource.Load("fashion32", folder);
        Assert.Equal($"idx32-{data.ContentHash[..8]}", data.Name);
        string[] hashes =
        [
            data.ContentHash,
            Mnist32.Load(folder, Augmentation.Shift).ContentHash,
            Mnist32.Load(folder, Augmentation.ShiftAndFlip).ContentHash,
            Mnist32.Load(folder, Augmentation.Shift, viewSeed: 2).ContentHash,
            SparseCore.Data.Mnist.Load(folder).ContentHash,
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Contains("mnist32", Assert.Throws<DataException>(() => DataSource.Load("cifar", folder)).Message);
        Assert.Contains("no random views", Assert.Throws<DataException>(() => DataSource.Load("mnist", folder, new DataOptions { Augmented = true })).Message);
    }

    private static float[] Shift(float[] image, int down, int right, float black)
    {
        var shifted = new float[Plane];
        for (var row = 0; row < 32; row++)
        {
            for (var column = 0; column < 32; column++)
            {
                var (sourceRow, sourceColumn) = (row - down, column - right);
                shifted[(row * 32) + column] = sourceRow is >= 0 and < 32 && sourceColumn is >= 0 and < 32 ? image[(sourceRow * 32) + sourceColumn] : black;
            }
        }

        return shifted;
    }

    /// <summary>Two training images and one test image that grow brighter to the right.</summary>
    private void WriteSmall(int side = 28)
    {
        var image = Enumerable.Range(0, side * side).Select(pixel => (byte)(5 * (pixel % side))).ToArray();
        Write("train-images-idx3-ubyte", Samples.Idx([2, side, side], [.. image, .. image]));
        Write("train-labels-idx1-ubyte", Samples.Idx([2], [0, 9]));
        Write("t10k-images-idx3-ubyte", Samples.Idx([1, side, side], image));
        Write("t10k-labels-idx1-ubyte", Samples.Idx([1], [3]));
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes);
}
