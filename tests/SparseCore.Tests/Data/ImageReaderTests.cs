using SparseCore.Data;
using SparseCore.Randomness;

namespace SparseCore.Tests.Data;

public class ImageReaderTests
{
    [JpegFact]
    public void A_box_is_resized_to_the_pixels_of_Pillow()
    {
        var golden = Jpegs.Golden("box");
        Assert.Equal(9, golden.Count);
        Assert.All(golden, image => Compare(image.File, image.Width, image.Pixels, (_, _) => Box(image.Arguments, mirrored: false)));
    }

    [JpegFact]
    public void The_center_is_that_of_Pillow()
    {
        var golden = Jpegs.Golden("centre");
        Assert.Equal(5, golden.Count);
        Assert.All(golden, image => Compare(image.File, image.Width, image.Pixels, (width, height) => CropWindow.Center(width, height, image.Width)));
    }

    [JpegFact]
    public void A_mirrored_box_is_the_box_from_right_to_left()
    {
        var (file, arguments, size, _, pixels) = Jpegs.Golden("box")[0];
        var mirrored = new byte[pixels.Length];
        for (var pixel = 0; pixel < size * size; pixel++)
        {
            pixels.AsSpan(3 * pixel, 3).CopyTo(mirrored.AsSpan(3 * ((pixel / size * size) + size - 1 - (pixel % size))));
        }

        Compare(file, size, mirrored, (_, _) => Box(arguments, mirrored: true));
    }

    [Fact]
    public void Reduction_leaves_as_many_pixels_as_the_grid_has()
    {
        var window = new CropWindow(0, 0, 320, 240, 40, 30, 0, 0, false);
        Assert.Equal(8, window.Reduction());
        Assert.Equal(4, (window with { GridWidth = 41 }).Reduction());
        Assert.Equal(4, (window with { GridHeight = 31 }).Reduction());
        Assert.Equal(2, (window with { GridWidth = 160, GridHeight = 100 }).Reduction());
        Assert.Equal(1, (window with { GridWidth = 161, GridHeight = 100 }).Reduction());
        Assert.Equal(1, (window with { GridWidth = 640, GridHeight = 480 }).Reduction());
    }

    [Fact]
    public void Random_crops_have_the_papers_areas_and_ratios_and_are_mirrored_half_of_the_time()
    {
        const int count = 4000;
        var crops = Enumerable.Range(0, count).Select(view => CropWindow.Random(500, 375, 224, new RandomStream(1, "view", (ulong)view))).ToList();
        Assert.All(crops, crop =>
        {
            Assert.InRange(crop.Width * crop.Height / (500.0 * 375), 0.075, 1);
            Assert.InRange(crop.Width / crop.Height, 0.73, 1.37);
            Assert.InRange(crop.Left + crop.Width, 1, 500);
            Assert.InRange(crop.Top + crop.Height, 1, 375);
            Assert.Equal((224, 224, 0, 0), (crop.GridWidth, crop.GridHeight, crop.KeptLeft, crop.KeptTop));
        });
        Assert.InRange(crops.Count(crop => crop.IsMirrored), 1870, 2130);
        Assert.InRange(crops.Min(crop => crop.Width * crop.Height) / (500.0 * 375), 0.075, 0.09);
        var ofSquares = Enumerable.Range(0, count).Select(view => CropWindow.Random(400, 400, 224, new RandomStream(1, "view", (ulong)view)));
        Assert.InRange(ofSquares.Average(crop => Math.Log(crop.Width / crop.Height)), -0.015, 0.015);
        Assert.Equal(crops[7], CropWindow.Random(500, 375, 224, new RandomStream(1, "view", 7)));
    }

    [Fact]
    public void Crops_of_narrow_and_tiny_images_lie_inside_them()
    {
        foreach (var (width, height) in new[] { (1, 1), (1, 500), (500, 1), (3, 2), (20, 900) })
        {
            for (var view = 0UL; view < 200; view++)
            {
                var crop = CropWindow.Random(width, height, 32, new RandomStream(1, "view", view));
                Assert.InRange(crop.Left, 0, width - crop.Width);
                Assert.InRange(crop.Top, 0, height - crop.Height);
                Assert.True(crop.Width >= 1 && crop.Height >= 1);
            }

            var center = CropWindow.Center(width, height, 32);
            Assert.InRange(center.KeptLeft, 0, center.GridWidth - 32);
            Assert.InRange(center.KeptTop, 0, center.GridHeight - 32);
        }

        Assert.Equal(new CropWindow(0, 0, 500, 375, 341, 256, 58, 16, false), CropWindow.Center(500, 375, 224));
    }

    private static CropWindow Box(double[] box, bool mirrored) => new(box[0], box[1], box[2], box[3], (int)box[4], (int)box[4], 0, 0, mirrored);

    private static void Compare(string file, int size, byte[] expected, Func<int, int, CropWindow> window)
    {
        using var reader = new ImageReader();
        var planes = new byte[3 * size * size];
        reader.Decode(Jpegs.Read(file), size, window, planes);
        var found = Enumerable.Range(0, planes.Length).Select(value => planes[(value % 3 * size * size) + (value / 3)]).ToArray();
        Assert.Equal(expected, found);
    }
}
