namespace SparseCore.Data;

/// <summary>Tiny ImageNet's val_annotations.txt: a line for each image, FILE, CLASS and a box, separated by tabs.</summary>
internal sealed class ImageAnnotations
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "val_annotations.txt";

    /// <summary>Most characters of a line; memory is that of one line and of the list of images.</summary>
    private const int LineLimit = 1 << 16;

    private readonly string path;

    private ImageAnnotations(string path) => this.path = path;

    /// <summary>The annotations in a folder; null where there are none.</summary>
    public static ImageAnnotations? In(string folder) =>
        Path.Combine(folder, FileName) is var path && File.Exists(path) ? new ImageAnnotations(path) : null;

    /// <summary>Gives every image the class of its line.</summary>
    /// <param name="classes">All classes, in ordinal order.</param>
    /// <param name="images">Paths of the images; lines name them without their folder.</param>
    /// <returns>In the order of the images.</returns>
    /// <exception cref="DataException">A line is wrong, or an image has none; says which.</exception>
    public ListedImage[] Label(string[] classes, string[] images)
    {
        var places = images.Select((image, place) => (Name: Path.GetFileName(image), place)).ToDictionary(image => image.Name, image => image.place);
        var lineOf = new int[images.Length];
        var listed = new ListedImage[images.Length];
        var line = 0;
        foreach (var text in RegularFile.ReadLines(path, LineLimit))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if (text.Split('\t') is not [var name, var kind, ..])
            {
                throw Fault(line, $"is '{(text.Length > 80 ? text[..80] + "..." : text)}'; expected FILE, CLASS and a box, separated by tabs");
            }

            var label = Array.BinarySearch(classes, kind, StringComparer.Ordinal);
            if (label < 0)
            {
                throw Fault(line, $"names the class '{kind}'; expected one of the {classes.Length} classes in 'train'");
            }

            if (!places.TryGetValue(name, out var place))
            {
                throw Fault(line, $"names the image '{name}', which is not in 'images'; put it back or remove the line");
            }

            if (lineOf[place] > 0)
            {
                throw Fault(line, $"names the image '{name}' again, after line {lineOf[place]}; expected one line for each image");
            }

            lineOf[place] = line;
            listed[place] = new ListedImage(images[place], label, kind);
        }

        return Array.IndexOf(lineOf, 0) is var missing and >= 0
            ? throw new DataException(
                $"'{path}' has no line for the image '{images[missing]}' ({lineOf.Count(found => found == 0)} of the {images.Length} images have none). "
                + "Add FILE, CLASS, separated by a tab, or remove the image.")
            : listed;
    }

    private DataException Fault(int line, string fault) => new($"Line {line} of '{path}' {fault}.");
}
