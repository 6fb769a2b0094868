using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>The kind <c>semantic-kernel</c>: the chat services of the <see cref="Kernel"/> that the container has.</summary>
internal sealed class KernelProviderKind(IServiceProvider services, KernelServices chats, TimeProvider time) : IModelProviderKind
{
    public string Kind => "semantic-kernel";

    public IModelProvider Create(string name, ProviderOptions options) => new Provider(name, options.Models, services, chats, time);

    private sealed class Provider(string name, IList<string> models, IServiceProvider services, KernelServices chats, TimeProvider time) : IModelProvider
    {
        private readonly string[] _models =
        [
            .. models.Where(model => model != HttpProvider.AnyModel),
            .. models.Contains(HttpProvider.AnyModel) && chats.HasKernel ? chats.Names.Except(models) : [],
        ];

        public string Name => name;

        public string? Unavailable { get; } = chats.HasKernel ? null : "There is no kernel. Add one with builder.Services.AddKernel() where the program is put together: docs/semantic-kernel.md.";

        public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => new(_models);

        public bool Accepts(string model) => _models.Contains(model);

        // Also of a model behind a kernel: what it thinks aloud between <think> tags is no answer.
        public IChatClient CreateClient(string model) => new ThinkTagClient(new KernelChatClient(name, model, services, time));
    }
}
