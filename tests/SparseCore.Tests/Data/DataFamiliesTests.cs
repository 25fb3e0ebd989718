using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public class DataFamiliesTests
{
    [Fact]
    public void Names_stand_in_the_order_of_the_help()
    {
        Assert.Equal(["mnist", "fashion", .. Mnist.Relatives, "mnist32", "fashion32", "imagenet"], DataSource.KnownNames.Take(Mnist.Relatives.Count + 5));
        Assert.Equal(["mnist", "fashion", .. Mnist.Relatives], DataSource.SmallNames);
    }

    [Fact]
    public void UsualFolder_is_where_the_files_are_or_says_that_a_folder_is_needed()
    {
        Assert.Equal("data/mnist", DataSource.UsualFolder("mnist32"));
        Assert.Equal(DataFamilies.FashionFolder, DataSource.UsualFolder("fashion"));
        Assert.Equal("dataset=imagenet needs data=FOLDER, a folder with train/CLASS/FILE and val/CLASS/FILE.", Message(() => DataSource.UsualFolder("imagenet")));
        Assert.Contains("Known data sets: mnist, fashion,", Message(() => DataSource.UsualFolder("minst")), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_a_data_set_has_not_are_refused()
    {
        Assert.Contains("classes of its own; found classes=5", Message(() => DataSource.Load("imagenet", "x", new DataOptions { Classes = 5 })), StringComparison.Ordinal);
        Assert.Contains("no random views, as mnist32,", Message(() => DataSource.Load("mnist", "x", new DataOptions { Augmented = true })), StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_set_of_ones_own_is_loaded_by_its_name_with_its_settings()
    {
        const string name = "families-test-data";
        DataRequest? asked = null;
        var data = new ByteDataset(name, new Shape(1, 1, 1), 2, [1, 2], [0, 1]);
        DataFamilies.Registry.Add(name, new DataFamily(request =>
        {
            asked = request;
            return new DataSplit(data, data, name, new string('0', 64));
        })
        { HasViews = true, IsAugmented = true });
        Assert.Equal("", DataSource.UsualFolder(name));
        Assert.Same(data, DataSource.Load(name, "").Train);
        Assert.Equal((name, true), (asked!.Name, asked.IsAugmented));
        DataSource.Load(name, "", new DataOptions { Augmented = false });
        Assert.False(asked.IsAugmented);
        Assert.Contains(name, DataSource.KnownNames);
        Assert.DoesNotContain(name, DataSource.SmallNames);
    }

    private static string Message(Func<object> load) => Assert.Throws<DataException>(load).Message;
}
