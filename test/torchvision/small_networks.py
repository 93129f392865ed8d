"""Small networks of the families' own building blocks, quick enough for the test run."""

from torch import nn
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.models.vision_transformer import VisionTransformer
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
import torch
import torchvision


class OfEveryOpset(nn.Module):
    """What exporters write in another way from opset to opset: padding, pools, upsampling, dropout, slices, softmax."""

    side = 16

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.ZeroPad2d((1, 2, 1, 0)),
            nn.Conv2d(3, 8, 3, stride=2),
            nn.BatchNorm2d(8),
            nn.ReLU6(),
            nn.Dropout(0.5),
            nn.MaxPool2d(2, stride=1, padding=1),
        )
        self.inner = nn.Sequential(
            nn.Upsample(size=(18, 20), mode="nearest"),
            nn.Conv2d(4, 8, 3, padding=1, groups=2, bias=False),
            nn.BatchNorm2d(8),
            nn.Hardswish(),
            nn.AvgPool2d(3, stride=2, padding=1),
        )
        self.attention = nn.Linear(8, 8)
        self.head = nn.Linear(8, 5)

    def forward(self, images):
        x = self.stem(images)
        left, right = x.chunk(2, dim=1)
        x = self.inner(left * torch.sigmoid(right))
        x = x.flatten(2).transpose(1, 2)
        weights = torch.softmax(self.attention(x) @ x.transpose(1, 2) / 3, dim=-1)
        x = torch.cat([(weights @ x), x[:, 1:3]], dim=1).clamp(min=-3.0)
        return self.head(x.mean(dim=1).unsqueeze(1).squeeze(1))


def small_vit():
    return sized(
        VisionTransformer(
            image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=10
        ),
        32,
    )


def small_swin():
    return sized(
        SwinTransformer(
            patch_size=[2, 2],
            embed_dim=12,
            depths=[2, 2],
            num_heads=[2, 4],
            window_size=[4, 4],
            num_classes=10,
        ),
        32,
    )


def small_convnext():
    return sized(ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 2)], num_classes=10), 32)


def small_pictures(name):
    return lambda: sized(torchvision.models.get_model(name, weights=None, num_classes=10), 64)


def sized(model, side):
    model.side = side
    return model


NETWORKS = {
    "of_every_opset": OfEveryOpset,
    "small_vit": small_vit,
    "small_swin": small_swin,
    "small_convnext": small_convnext,
    **{f"{name}_at_64": small_pictures(name) for name in ("mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5")},
}
