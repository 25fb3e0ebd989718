using TorchSharp;
using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Benchmarks;

/// <summary>LeNet5 and ResNet-50 as a user of TorchSharp writes them. Their weights come in the order of the masks of the toolkit's networks.</summary>
internal static class TorchSharpModels
{
    /// <summary>LeNet5 of the paper's widths on images [1, 28, 28] of 10 classes.</summary>
    public static torch.nn.Module<Tensor, Tensor> Lenet5() => new Lenet5Module();

    /// <summary>ResNet-50 v1.5 on images [3, 224, 224] of 1,000 classes.</summary>
    public static torch.nn.Module<Tensor, Tensor> ResNet50() => new ResNet50Module();

    private static Conv2d Convolution(long inputs, long outputs, long kernel, long stride = 1) =>
        torch.nn.Conv2d(inputs, outputs, kernel, stride: stride, padding: kernel / 2, bias: false);

    private sealed class Lenet5Module : torch.nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1 = torch.nn.Conv2d(1, 6, 5);
        private readonly Conv2d conv2 = torch.nn.Conv2d(6, 16, 5);
        private readonly Linear fc1 = torch.nn.Linear(256, 120);
        private readonly Linear fc2 = torch.nn.Linear(120, 84);
        private readonly Linear fc3 = torch.nn.Linear(84, 10);

        public Lenet5Module()
            : base("lenet5") => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var maps = F.max_pool2d(F.relu(conv1.forward(input)), 2);
            maps = F.max_pool2d(F.relu(conv2.forward(maps)), 2);
            return fc3.forward(F.relu(fc2.forward(F.relu(fc1.forward(maps.flatten(1))))));
        }
    }

    private sealed class Bottleneck : torch.nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1;
        private readonly BatchNorm2d bn1;
        private readonly Conv2d conv2;
        private readonly BatchNorm2d bn2;
        private readonly Conv2d conv3;
        private readonly BatchNorm2d bn3;
        private readonly Sequential? downsample;

        public Bottleneck(long inputs, long width, long stride)
            : base("bottleneck")
        {
            conv1 = Convolution(inputs, width, 1);
            bn1 = torch.nn.BatchNorm2d(width);
            conv2 = Convolution(width, width, 3, stride);
            bn2 = torch.nn.BatchNorm2d(width);
            conv3 = Convolution(width, 4 * width, 1);
            bn3 = torch.nn.BatchNorm2d(4 * width);
            if (inputs != 4 * width)
            {
                downsample = torch.nn.Sequential(Convolution(inputs, 4 * width, 1, stride), torch.nn.BatchNorm2d(4 * width));
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var path = F.relu(bn1.forward(conv1.forward(input)), inplace: true);
            path = F.relu(bn2.forward(conv2.forward(path)), inplace: true);
            path = bn3.forward(conv3.forward(path));
            return F.relu(path.add_(downsample is null ? input : downsample.forward(input)), inplace: true);
        }
    }

    private sealed class ResNet50Module : torch.nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1 = Convolution(3, 64, 7, 2);
        private readonly BatchNorm2d bn1 = torch.nn.BatchNorm2d(64);
        private readonly Sequential blocks;
        private readonly Linear fc = torch.nn.Linear(2048, 1000);

        public ResNet50Module()
            : base("resnet50")
        {
            var all = new List<torch.nn.Module<Tensor, Tensor>>();
            long inputs = 64;
            foreach (var (width, depth) in new[] { (64L, 3), (128L, 4), (256L, 6), (512L, 3) })
            {
                for (var block = 0; block < depth; block++)
                {
                    all.Add(new Bottleneck(inputs, width, block == 0 && width > 64 ? 2 : 1));
                    inputs = 4 * width;
                }
            }

            blocks = torch.nn.Sequential([.. all]);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var maps = F.max_pool2d(F.relu(bn1.forward(conv1.forward(input)), inplace: true), 3, stride: 2, padding: 1);
            return fc.forward(F.adaptive_avg_pool2d(blocks.forward(maps), 1).flatten(1));
        }
    }
}
