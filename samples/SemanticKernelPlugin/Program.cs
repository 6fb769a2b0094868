using Microsoft.SemanticKernel;
using SemanticKernelPlugin;

// ChatApp with a kernel: a model behind a connector, a plugin, and a filter. Settings: Kernel:Endpoint, Kernel:Model, Kernel:ApiKey.
return await ChatApp.Program.RunAsync(args, builder =>
{
    var settings = builder.Configuration.GetSection("Kernel");
    var kernel = builder.Services.AddKernel();

    // The service's id is the model's name in ChatApp: kernel/chat. With an HttpClient of ours the connector waits as long as ChatApp does, and
    // leaves it to ChatApp to try again.
    kernel.AddOpenAIChatCompletion(
        settings["Model"] ?? "qwen3",
        new Uri(settings["Endpoint"] ?? "http://127.0.0.1:11434/v1"),
        settings["ApiKey"],
        serviceId: "chat",
        httpClient: new HttpClient { Timeout = Timeout.InfiniteTimeSpan });
    kernel.Plugins.AddFromType<WarehousePlugin>("warehouse");
    kernel.Services.AddSingleton<IFunctionInvocationFilter, ReservationFilter>();

    builder.Configuration["ChatApp:Providers:kernel:Kind"] = "semantic-kernel";
    builder.Configuration["ChatApp:DefaultModel"] = "kernel/chat";
});
