using SparseCore.Data;

namespace SparseCore.Tests.Data;

public sealed class ImageLayoutTests : PhotoFolder
{
    /// <summary>The hash of a folder as it was before anything but JPEG files was read: plans of existing runs hold it.</summary>
    [JpegFact]
    public void The_hash_of_a_folder_of_whole_JPEG_files_stays_what_it_was()
    {
        WriteImages();
        Assert.Equal("33ac5edaa7fdad4150f38957d3301e5b573d4caac04dea8826aedb2c73675fe6", Load().ContentHash);
    }

    [JpegFact]
    public void What_systems_and_editors_leave_behind_is_no_example_at_any_level()
    {
        WriteImages();
        var hash = Load().ContentHash;
        foreach (var folder in new[] { ".", "train", "val", "train/cat", "val/dog" })
        {
            Write($"{folder}/.ipynb_checkpoints", "dot.jpg");
            Write($"{folder}/__MACOSX", "dot.jpg");
            foreach (var name in new[] { ".DS_Store", "._dot.jpg", "Thumbs.db", "desktop.ini", "DESKTOP.INI" })
            {
                File.WriteAllText(At($"{folder}/{name}"), "litter");
            }
        }

        Write("test/images", "dot.jpg");
        Write("train_old/cat", "dot.jpg");
        Assert.Equal(hash, Load().ContentHash);
    }

    [JpegFact]
    public void Folders_of_other_names_are_refused_with_what_to_rename()
    {
        WriteImages();
        Directory.Move(At("train"), At("training"));
        Refuses("no folder 'train'.", "Rename 'training' to 'train'.");
        Directory.Move(At("val"), At("Validation"));
        Refuses("no folder 'train' and no folder 'val'", "Rename 'training' to 'train' and 'Validation' to 'val'.");
        Directory.Move(At("training"), At("TRAIN"));
        Directory.Move(At("Validation"), At("test"));
        Refuses("Rename 'TRAIN' to 'train' and 'test' to 'val'.");
    }

    [JpegFact]
    public void A_missing_part_is_refused_with_what_to_move()
    {
        WriteImages();
        Directory.Delete(At("val"), recursive: true);
        Refuses("no folder 'val'", "move a share of each class's images from 'train/CLASS' to 'val/CLASS'");
    }

    [JpegFact]
    public void Classes_without_train_and_val_are_refused_with_where_to_move_them()
    {
        Write("cat", "dot.jpg");
        Write("dog", "wide.jpg");
        Refuses("It has 2 folders ('cat', 'dog').", "move each to 'train/CLASS'");
    }

    [JpegFact]
    public void A_folder_above_or_below_is_refused_with_the_right_one()
    {
        WriteImages();
        var error = Assert.Throws<DataException>(() => ImageFolder.Load(At("train"), Options));
        Assert.Contains($"Name the folder above, data={Images}.", error.Message);
        error = Assert.Throws<DataException>(() => ImageFolder.Load(Root, Options));
        Assert.Contains($"They are in 'images': name that folder, data={Images}.", error.Message);
    }

    [JpegFact]
    public void Classes_one_folder_deeper_are_refused_with_where_to_move_them()
    {
        Write("train/animals/cat", "dot.jpg");
        Write("val/animals/cat", "dot.jpg");
        Refuses("holds the folder 'cat'", "If 'cat' is a class, move it up into 'train'");
    }

    [JpegFact]
    public void Tiny_ImageNet_has_its_classes_from_folders_and_annotations()
    {
        WriteTinyImageNet("b.jpg\tn1\t0\t0\t3\t3", "a.jpg\tn2\t0\t0\t3\t3");
        var data = Load();
        Assert.Equal((3, 2, 2), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal([0, 0, 1], Enumerable.Range(0, 3).Select(data.Train.Label));
        Assert.Equal([1, 0], Enumerable.Range(0, 2).Select(data.Test.Label));
        Assert.All(Samples.Values(data.Test, [0, 1]), value => Assert.True(float.IsFinite(value)));
    }

    [JpegFact]
    public void The_hash_of_Tiny_ImageNet_follows_the_annotated_classes_and_nothing_else_of_the_annotations()
    {
        WriteTinyImageNet("a.jpg\tn2\t0\t0\t3\t3", "b.jpg\tn1\t0\t0\t3\t3");
        var hash = Load().ContentHash;
        Annotate("b.jpg\tn1", "", "a.jpg\tn2\t9\t9\t9\t9\r");
        Assert.Equal(hash, Load().ContentHash);
        Annotate("a.jpg\tn1\t0\t0\t3\t3", "b.jpg\tn2\t0\t0\t3\t3");
        Assert.NotEqual(hash, Load().ContentHash);
    }

    [JpegFact]
    public void Wrong_annotations_are_named_with_their_line()
    {
        WriteTinyImageNet("a.jpg\tn2\t0\t0\t3\t3", "b.jpg\tn9\t0\t0\t3\t3");
        Refuses("Line 2 of", "val_annotations.txt' names the class 'n9'; expected one of the 2 classes in 'train'.");
        Annotate("a.jpg\tn2", "c.jpg\tn1");
        Refuses("Line 2 of", "names the image 'c.jpg', which is not in 'images'");
        Annotate("a.jpg\tn2", "b.jpg\tn1", "a.jpg\tn1");
        Refuses("Line 3 of", "names the image 'a.jpg' again, after line 1");
        Annotate("a.jpg n2");
        Refuses("Line 1 of", "is 'a.jpg n2'; expected FILE, CLASS and a box, separated by tabs");
        Annotate("a.jpg\tn2");
        Refuses("has no line for the image 'val/images/b.jpg' (1 of the 2 images have none)");
        File.Delete(At("val/val_annotations.txt"));
        Refuses("has the folder 'images' and no 'val_annotations.txt'");
    }

    /// <summary>Many people sort the test images of Tiny ImageNet into class folders.</summary>
    [JpegFact]
    public void Tiny_ImageNet_with_sorted_test_images_is_read_too()
    {
        WriteTinyImageNet("a.jpg\tn2", "b.jpg\tn1");
        Directory.Delete(At("val/images"), recursive: true);
        Write("val/n1", "dot.jpg");
        Write("val/n2/images", "grey.jpg");
        var data = Load();
        Assert.Equal([0, 1], Enumerable.Range(0, 2).Select(data.Test.Label));
    }

    [JpegFact]
    public void A_class_folder_with_images_beside_a_folder_of_images_is_refused()
    {
        WriteTinyImageNet("a.jpg\tn2", "b.jpg\tn1");
        File.WriteAllBytes(At("train/n1/more.jpg"), Jpegs.Read("dot.jpg"));
        Refuses("n1' holds the folder 'images'; expected only images in it");
    }

    private void WriteTinyImageNet(params string[] lines)
    {
        Write("train/n1/images", "color420.jpg", "color444.jpg");
        Write("train/n2/images", "grey.jpg");
        File.WriteAllText(At("train/n1/n1_boxes.txt"), "color420.jpg\t0\t0\t3\t3\n");
        File.WriteAllText(At("train/n2/n2_boxes.txt"), "grey.jpg\t0\t0\t3\t3\n");
        Write("val/images", "dot.jpg", "wide.jpg");
        File.Move(At("val/images/dot.jpg"), At("val/images/a.jpg"));
        File.Move(At("val/images/wide.jpg"), At("val/images/b.jpg"));
        Write("test/images", "inks.jpg");
        Annotate(lines);
    }

    private void Annotate(params string[] lines) => File.WriteAllLines(At("val/val_annotations.txt"), lines);
}
